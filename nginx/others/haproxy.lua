
-- HAProxy's side: asks gk-validate, and answers whoever is not let in. A block goes on to its app only if
-- this has set txn.gatekeeper to the app's slug: an error in here keeps the app closed.

-- All values of a header as one text, or nil.
local function joined(headers, name, by)
    local values = {}
    for index = 0, #(headers[name] or {}) do
        values[#values + 1] = (headers[name] or {})[index]
    end
    return #values > 0 and table.concat(values, by) or nil
end

-- Takes out what no client may say, and every "Connection" but a WebSocket's: it could name a header to drop.
local function clean(http, headers, websocket)
    for name in pairs(headers) do
        if gatekeeper.taken(name) then http:req_del_header(name) end
    end
    http:req_del_header("connection")
    http:req_del_header("upgrade")
    if websocket then
        http:req_set_header("connection", "Upgrade")
        http:req_set_header("upgrade", "websocket")
    end
end

local function put(http, name, value)
    if value and value ~= "" then http:req_set_header(name, value) else http:req_del_header(name) end
end

local function connected(address)
    local line = core.tcp()
    line:settimeout(2)
    if address:find("^unix@") then return line:connect(address) and line end
    local host, port = address:match("^%[?([^%]]*)%]?:(%d+)$")
    return line:connect(host, tonumber(port)) and line
end

local function reply(txn, status, headers, body)
    local answer = txn:reply { status = status, body = body }
    for name, value in pairs(headers) do answer:add_header(name, value) end
    txn:done(answer)
end

local function check(txn, validate, auth_host, auth_url, url, slug, block)
    local app = { auth_host = auth_host, auth_url = auth_url, url = url, slug = slug, block = block }
    local http, headers = txn.http, txn.http:req_get_headers()
    -- Browsers over HTTP/2 send their cookies one by one.
    local function said(name) return joined(headers, name, name == "cookie" and "; " or ", ") end
    local method, asked = txn.f:method(), txn.f:pathq() or ""
    local out, to = gatekeeper.signing_out(app, asked)
    if out then return reply(txn, out, to, "") end

    clean(http, headers, gatekeeper.is_websocket(said("upgrade")))
    local status, answer = gatekeeper.ask(connected(validate), app, said)
    if status ~= 200 then return reply(txn, gatekeeper.refusal(status, app, method, asked, said)) end
    put(http, "cookie", gatekeeper.cookie(said("cookie")))
    put(http, "authorization", gatekeeper.authorization(said("authorization")))
    for _, name in ipairs { "x-auth-user", "x-auth-name", "x-auth-role", "x-auth-groups" } do
        put(http, name, answer[name])
    end
    txn:set_var("txn.gatekeeper", slug)
end

core.register_action("gatekeeper", { "http-req" }, check, 6)
