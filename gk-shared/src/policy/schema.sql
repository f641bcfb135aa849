-- policy.sqlite3, format 4: only what a decision needs. Derived from gatekeeper.sqlite3 and rebuilt from it at will.
-- No salt, no private key, no mail or directory secret, no audit, no sign-in link.

CREATE TABLE policy (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    format INTEGER NOT NULL,
    database_id BLOB NOT NULL CHECK (length(database_id) = 16),
    restore_id BLOB NOT NULL CHECK (length(restore_id) = 16),
    revision INTEGER NOT NULL,                  -- the newest change-log id of the main file that is in here
    nonce BLOB NOT NULL,                        -- that change-log row's nonce: two histories never share one
    default_app TEXT NOT NULL CHECK (default_app IN ('allow', 'deny')),
    idle_seconds INTEGER NOT NULL CHECK (idle_seconds >= 0), -- without a request ends a session; 0: never
    global_tag BLOB NOT NULL CHECK (length(global_tag) = 8),
    filter_key BLOB NOT NULL CHECK (length(filter_key) = 32),
    beat INTEGER                                -- when gk-admin last said that nothing newer is published; NULL while policy.heartbeat is off
) STRICT;

CREATE TABLE accepted_domain (domain TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE verify_key (
    id INTEGER PRIMARY KEY,
    public BLOB NOT NULL CHECK (length(public) = 32)
) STRICT;

CREATE TABLE user (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    fullname TEXT NOT NULL,
    usable INTEGER NOT NULL CHECK (usable IN (0, 1)),
    tag BLOB NOT NULL CHECK (length(tag) = 8),  -- of the login salt; the salt itself stays in the main file
    group_ids TEXT NOT NULL                     -- in order, separated by commas: here they are read with the row, from one place
) STRICT;

CREATE TABLE groups (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('admin', 'standard', 'local', 'directory'))
) STRICT;

CREATE TABLE app (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    roles TEXT NOT NULL,                        -- weakest first, separated by commas
    groups_header INTEGER NOT NULL CHECK (groups_header IN (0, 1)),
    stale_ok INTEGER NOT NULL CHECK (stale_ok IN (0, 1)) -- stays open when --max-stale has passed
) STRICT;

CREATE TABLE access_grant (
    id INTEGER PRIMARY KEY,
    app_id INTEGER NOT NULL,
    user_id INTEGER,
    group_id INTEGER,
    role TEXT,
    starts_at INTEGER,
    expires_at INTEGER,
    CHECK ((user_id IS NULL) <> (group_id IS NULL))
) STRICT;
-- All that is asked for, so that a person's grants are read from one place.
CREATE INDEX access_grant_by_user ON access_grant (user_id, app_id, role, starts_at, expires_at) WHERE user_id IS NOT NULL;
CREATE INDEX access_grant_by_group ON access_grant (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX access_grant_by_app ON access_grant (app_id);

CREATE TABLE revoked_session (
    id INTEGER PRIMARY KEY,                     -- the session's row id in the main file
    sid BLOB NOT NULL CHECK (length(sid) = 16),
    expires_at INTEGER NOT NULL
) STRICT;

-- When live sessions were last seen. Only while there is an idle limit, and only as exact as a 24th of it.
CREATE TABLE seen_session (
    id INTEGER PRIMARY KEY,                     -- the session's row id in the main file
    sid BLOB NOT NULL CHECK (length(sid) = 16),
    seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_key (                          -- people's keys that are in use; keys of programs open no app
    id INTEGER PRIMARY KEY,                     -- the key's row id in the main file
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32), -- SHA-256 of the whole secret
    owner_id INTEGER NOT NULL,
    expires_at INTEGER,
    apps TEXT NOT NULL                          -- app ids, separated by commas
) STRICT;

CREATE TABLE change (                           -- what each revision touched, so that a reader re-reads only that
    revision INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id INTEGER NOT NULL
) STRICT;
