
-- Apache's side, for mod_lua: asks gk-validate before anything else, and answers whoever is not let in. Needs
-- LuaSocket (Debian: lua-socket). An error in here is a 500, and the app stays closed.

local socket = require "socket"
local unix = require "socket.unix"

-- What the block says of its app, by SetEnvIf. Without one of them nothing is let in.
local function app_of(r)
    local env = r.subprocess_env
    local app = {
        validate = env.GK_VALIDATE, auth_host = env.GK_AUTH_HOST, auth_url = env.GK_AUTH_URL, url = env.GK_APP_URL,
        authority = env.GK_APP_AUTHORITY, slug = env.GK_APP, block = env.GK_BLOCK,
    }
    assert(app.validate and app.auth_host and app.auth_url and app.url and app.authority and app.slug and app.block)
    return app
end

local function connected(address)
    local path = address:match("^unix:(.*)$")
    local line = path and unix.stream() or socket.tcp()
    line:settimeout(2)
    line:settimeout(2, "t")
    local host, port = address:match("^%[?([^%]]*)%]?:(%d+)$")
    return (path and line:connect(path) or not path and line:connect(host, tonumber(port))) and line
end

-- The answer to whoever is not let in; DONE ends the request here.
local function reply(r, status, headers, body)
    local kind = headers["Content-Type"]
    for name, value in pairs(headers) do
        if name ~= "Content-Type" then r.headers_out[name] = value end
    end
    if kind then r.content_type = kind end
    r.status = status
    r:write(body)
    return apache2.DONE
end

local function put(r, name, value)
    if value and value ~= "" then r.headers_in[name] = value else r.headers_in[name] = nil end
end

-- Takes out what no client may say, and every "Connection" but a WebSocket's: it could name a header to drop.
local function clean(r, websocket)
    for name in pairs(r:headers_in_table()) do
        if gatekeeper.taken(name:lower()) then r.headers_in[name] = nil end
    end
    put(r, "Connection", websocket and "Upgrade")
    put(r, "Upgrade", websocket and "websocket")
end

-- What the app gets besides.
local function tell_where(r, app)
    put(r, "Host", app.authority)
    put(r, "X-Forwarded-Host", app.authority)
    put(r, "X-Forwarded-Proto", r.is_https and "https" or "http")
    put(r, "X-Forwarded-For", r.useragent_ip)
    put(r, "X-Real-IP", r.useragent_ip)
end

function gatekeeper_check(r)
    local app, seen = app_of(r), {}
    for name, value in pairs(r:headers_in_table()) do seen[name:lower()] = value end
    local function said(name) return seen[name:lower()] end
    local asked = r.unparsed_uri:gsub("^%a[%w+.-]*://[^/?#]*", "")
    local out, to = gatekeeper.signing_out(app, asked)
    if out then return reply(r, out, to, "") end

    clean(r, gatekeeper.is_websocket(said("upgrade")))
    local status, headers = gatekeeper.ask(connected(app.validate), app, said)
    if status ~= 200 then return reply(r, gatekeeper.refusal(status, app, r.method, asked, said)) end
    put(r, "Cookie", gatekeeper.cookie(said("cookie")))
    put(r, "Authorization", gatekeeper.authorization(said("authorization")))
    for _, name in ipairs { "X-Auth-User", "X-Auth-Name", "X-Auth-Role", "X-Auth-Groups" } do
        put(r, name, headers[name:lower()])
    end
    tell_where(r, app)
    return apache2.OK
end
