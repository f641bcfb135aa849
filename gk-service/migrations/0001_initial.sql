-- gatekeeper.sqlite3, schema 1: the whole state. Times are whole seconds since 1970 unless a name says otherwise.

CREATE TABLE installation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    database_id BLOB NOT NULL CHECK (length(database_id) = 16),
    restore_id BLOB NOT NULL CHECK (length(restore_id) = 16),
    app_salt BLOB NOT NULL CHECK (length(app_salt) = 16),
    root_check BLOB NOT NULL,                   -- sealed with the root key: tells a foreign key apart
    policy_path TEXT NOT NULL,                  -- absolute
    policy_inode TEXT NOT NULL DEFAULT '',      -- device:inode of the file last published to
    policy_placed_ms INTEGER NOT NULL DEFAULT 0,-- when that file was first found at its path, in milliseconds
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    email TEXT NOT NULL,
    fullname TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'rejected')),
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    seeded INTEGER NOT NULL DEFAULT 0 CHECK (seeded IN (0, 1)),
    notify INTEGER NOT NULL DEFAULT 0 CHECK (notify IN (0, 1)), -- an administrator who wants to hear of requests
    login_salt BLOB NOT NULL CHECK (length(login_salt) = 16),
    directory TEXT NOT NULL DEFAULT '',
    given_name TEXT NOT NULL DEFAULT '',
    mail_nickname TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    department TEXT NOT NULL DEFAULT '',
    manager TEXT NOT NULL DEFAULT '',
    telephone_number TEXT NOT NULL DEFAULT '',
    mobile_number TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- User names and e-mails share one name space: no name of one account is ever a name of another.
CREATE TABLE identifier (
    value TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('username', 'email'))
) STRICT, WITHOUT ROWID;
CREATE INDEX identifier_by_user ON identifier (user_id);

CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('admin', 'standard', 'local', 'directory')),
    name TEXT NOT NULL,
    directory TEXT NOT NULL DEFAULT '',
    dn TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    UNIQUE (directory, dn, name)
) STRICT;

CREATE TABLE membership (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_group ON membership (group_id);

CREATE TABLE app (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    roles TEXT NOT NULL DEFAULT '',             -- weakest first, separated by commas
    role_list TEXT NOT NULL CHECK (role_list IN ('open', 'closed')),
    admin_roles TEXT NOT NULL DEFAULT '',
    noindex INTEGER NOT NULL DEFAULT 0 CHECK (noindex IN (0, 1)),
    groups_header INTEGER NOT NULL DEFAULT 0 CHECK (groups_header IN (0, 1)),
    contact TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (role_list = 'closed' OR admin_roles = '')
) STRICT;

CREATE TABLE app_origin (
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,                       -- scheme://host[:port]
    PRIMARY KEY (app_id, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_grant (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    user_id INTEGER REFERENCES user (id) ON DELETE CASCADE,
    group_id INTEGER REFERENCES groups (id) ON DELETE CASCADE,
    role TEXT,
    starts_at INTEGER,
    expires_at INTEGER,
    note TEXT NOT NULL DEFAULT '',
    granted_by TEXT NOT NULL,                   -- a label; the audit has the id
    granted_at INTEGER NOT NULL,
    CHECK ((user_id IS NULL) <> (group_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX access_grant_to_user ON access_grant (app_id, user_id) WHERE user_id IS NOT NULL;
CREATE UNIQUE INDEX access_grant_to_group ON access_grant (app_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX access_grant_by_user ON access_grant (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX access_grant_by_group ON access_grant (group_id) WHERE group_id IS NOT NULL;

CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sid BLOB NOT NULL UNIQUE CHECK (length(sid) = 16),
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    app_id INTEGER REFERENCES app (id) ON DELETE CASCADE,
    method TEXT NOT NULL,                       -- link, host-link, command
    ip TEXT NOT NULL DEFAULT '',
    user_agent TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER                            -- set when it was ended before its time
) STRICT;
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_expiry ON session (expires_at);

-- One pending sign-in. Link and the browser's verifier are kept as SHA-256 only; the code is derived from the link.
CREATE TABLE challenge (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('bound', 'host', 'central')),
    purpose TEXT NOT NULL CHECK (purpose IN ('signin', 'register')),
    email TEXT NOT NULL,                        -- the stored address; the account may not exist yet
    link_hash BLOB NOT NULL UNIQUE CHECK (length(link_hash) = 32),
    browser_hash BLOB UNIQUE CHECK (length(browser_hash) = 32),
    code_tries INTEGER NOT NULL DEFAULT 0,
    return_to TEXT NOT NULL,
    ip TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CHECK ((kind = 'host') = (browser_hash IS NULL))
) STRICT;
CREATE INDEX challenge_by_expiry ON challenge (expires_at);

-- Every request for a sign-in mail, sent or not, for a day: what the limits count.
CREATE TABLE signin_attempt (
    at INTEGER NOT NULL,
    mailbox TEXT NOT NULL,
    network TEXT NOT NULL                       -- an IPv4 address, or the first 64 bits of an IPv6 address
) STRICT;
CREATE INDEX signin_attempt_by_mailbox ON signin_attempt (mailbox, at);
CREATE INDEX signin_attempt_by_network ON signin_attempt (network, at);
CREATE INDEX signin_attempt_by_time ON signin_attempt (at);

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT,
    sealed BLOB,                                -- a secret's value
    updated_at INTEGER NOT NULL,
    CHECK ((value IS NULL) <> (sealed IS NULL))
) STRICT, WITHOUT ROWID;

-- What the environment of the server fixes: wins over `setting` in every process.
CREATE TABLE pin (
    key TEXT PRIMARY KEY,
    value TEXT,
    sealed BLOB,
    source TEXT NOT NULL,                       -- the variable's name
    recorded_at INTEGER NOT NULL,
    CHECK ((value IS NULL) <> (sealed IS NULL))
) STRICT, WITHOUT ROWID;

-- Random keys, sealed with a key derived from the root key.
CREATE TABLE key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    purpose TEXT NOT NULL CHECK (purpose IN ('session', 'filter', 'audit', 'csrf')),
    state TEXT NOT NULL CHECK (state IN ('active', 'verify', 'retired')),
    sealed BLOB NOT NULL,
    public BLOB,                                -- of a session key: 32 bytes
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX key_active ON key (purpose) WHERE state = 'active';

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,                   -- operator, person, system, stranger
    actor_id INTEGER,
    actor TEXT NOT NULL,                        -- a label as it was then; renames do not rewrite it
    action TEXT NOT NULL,
    target TEXT NOT NULL DEFAULT '',
    app TEXT NOT NULL DEFAULT '',
    ip TEXT NOT NULL DEFAULT '',
    user_agent TEXT NOT NULL DEFAULT '',
    before TEXT NOT NULL DEFAULT '',            -- JSON
    after TEXT NOT NULL DEFAULT '',             -- JSON
    key_id INTEGER NOT NULL,
    chain BLOB NOT NULL CHECK (length(chain) = 32)  -- HMAC over the previous row's chain and this row
) STRICT;

CREATE TABLE audit_checkpoint (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    through INTEGER NOT NULL,                   -- rows up to this id may be deleted
    chain BLOB NOT NULL,
    signature BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
WHEN OLD.id > coalesce((SELECT max(through) FROM audit_checkpoint), 0)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    sealed_body BLOB,                           -- it may hold a sign-in link; emptied once sent or given up
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER NOT NULL,
    give_up_at INTEGER NOT NULL,                -- a link that has expired is not worth sending
    last_error TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
CREATE INDEX mail_queued ON mail (next_try_at) WHERE state = 'queued';

-- Which rows each change touched: what publishing reads.
CREATE TABLE change_log (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    nonce BLOB NOT NULL                         -- two histories that share a revision do not share its nonce
) STRICT;
