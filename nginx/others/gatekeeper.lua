-- What Gatekeeper's block does alike in HAProxy and in Apache: names no client may use, the question to gk-validate,
-- what the app gets of cookies and keys, and what a visitor gets who is not let in. Needs Lua 5.3 or newer.

local gatekeeper = {}

-- Names that say who somebody is or what was asked for. X-Forwarded-… is written anew by the server.
local taken = {
    "^x%-auth%-", "^x%-webauth%-", "^x%-forwarded%-", "^x%-original%-", "^x%-remote%-", "^remote%-", "^x%-gk%-",
    "^x%-rewrite%-url$", "^x%-real%-ip$", "^forwarded$", "^proxy$",
}

-- Whether what a client says under this name (in small letters) goes no further. Names with "_" or "." neither: many
-- apps read X_Auth_User as X-Auth-User.
function gatekeeper.taken(name)
    if name:find("[^%w%-]") then return true end
    for _, pattern in ipairs(taken) do
        if name:find(pattern) then return true end
    end
    return false
end

-- The cookies without the session, wherever it stands; nil if there are no others.
function gatekeeper.cookie(text)
    local rest = (";" .. (text or "")):gsub("[;,]%s*gk_session=[^;,]*", ""):gsub("^[;,%s]+", "")
    return rest ~= "" and rest or nil
end

-- The app's own Authorization; nil for a key of Gatekeeper's. A server before may have joined two by a comma.
function gatekeeper.authorization(text)
    if text and ("," .. text):lower():find(",%s*bearer[ \t]+gk_") then return nil end
    return text
end

-- Whether this is a WebSocket. Any other upgrade could open a way past the check.
function gatekeeper.is_websocket(upgrade)
    return (upgrade or ""):lower() == "websocket"
end

-- Is this a person opening a page? Browsers say so themselves; where nothing is said, a request for HTML counts.
local function is_page(method, said)
    if (method ~= "GET" and method ~= "HEAD") or said("hx-request") then return false end
    local mode, by = said("sec-fetch-mode"), said("x-requested-with")
    if mode then
        return mode == "navigate" and (by or ""):lower() ~= "xmlhttprequest"
    end
    return not by and ((" " .. (said("accept") or "")):lower() .. " "):find("[%s,]text/html[^%w_]") ~= nil
end

-- After sign-in htmx goes back to the whole page. Only the path is taken from what the client says.
local function whole_page(said, asked)
    local rest = (said("hx-current-url") or ""):match("^https?://[^/?#]+(.*)$")
    if not rest then return asked end
    return rest:match("^/[^#]*") or "/"
end

local closed = [[<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Please try again</title></head><body><main><h1>Please try again in a moment</h1><p>The service that checks access does not answer, so this page stays closed. Nothing is wrong with your account.</p></main></body></html>
]]

-- What a visitor gets who is not let in: status, headers, body. "said" gives a header of the request by its name in
-- small letters, "asked" is the path with its query. The hosts are literals of the block. "redirect" is last: it is
-- not encoded, so everything behind the first "redirect=" is one address.
function gatekeeper.refusal(verdict, app, method, asked, said)
    local headers = { ["Cache-Control"] = "no-store" }
    local target
    if verdict == 401 then
        target = app.auth_url .. "/signin?redirect=" .. app.url
    elseif verdict == 403 then
        target = app.auth_url .. "/request-access?app=" .. app.slug .. "&redirect=" .. app.url
    else
        headers["Retry-After"] = "5"
        headers["Content-Type"] = "text/html; charset=utf-8"
        return 503, headers, closed
    end
    if is_page(method, said) then
        headers["Location"] = target .. asked
        return 302, headers, ""
    end
    if said("hx-request") then
        headers["HX-Redirect"] = target .. whole_page(said, asked)
    end
    return verdict, headers, ""
end

-- Where signing out leads, from both names people try; nil for any other path. It ends every app's session.
function gatekeeper.signing_out(app, asked)
    local path = asked:match("^[^?]*")
    if path ~= "/logout" and path ~= "/signout" then return nil end
    local target = app.auth_url .. "/signout?redirect=" .. app.url .. "/"
    return 302, { ["Cache-Control"] = "no-store", ["Location"] = target }, ""
end

-- The status and the headers of an answer; nil if it is none, or cut short.
local function read(line)
    local status = tonumber(((line:receive("*l") or ""):match("^HTTP/1%.1 (%d%d%d)")))
    local headers, text = {}, status and line:receive("*l")
    while text and text:find("%S") do
        local name, value = text:match("^([^:]+):%s*(.-)%s*$")
        if name then headers[name:lower()] = value end
        text = line:receive("*l")
    end
    return text and status, headers
end

-- Asks gk-validate over this connection, nil if there is none. Of what the client said it gets cookies and keys.
function gatekeeper.ask(line, app, said)
    if not line then return nil end
    local lines = { "GET /api/v1/auth/validate HTTP/1.1", "Host: " .. app.auth_host, "Connection: close" }
    lines[#lines + 1] = "X-GK-App: " .. app.slug
    lines[#lines + 1] = "X-GK-Block: " .. app.block
    for _, name in ipairs { "cookie", "authorization", "x-gk-token" } do
        local value = said(name)
        if value and not value:find("[\r\n]") then lines[#lines + 1] = name .. ": " .. value end
    end
    local status, headers
    if line:send(table.concat(lines, "\r\n") .. "\r\n\r\n") then status, headers = read(line) end
    line:close()
    return status, headers
end
