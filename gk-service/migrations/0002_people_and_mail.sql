-- Schema 2: self-service, access requests, invitations, central sign-in, service keys, and a mail queue that keeps
-- what a mail says apart from how it is worded.

ALTER TABLE user ADD COLUMN language TEXT NOT NULL DEFAULT '' CHECK (language IN ('', 'en', 'de'));
ALTER TABLE user ADD COLUMN new_device_mail INTEGER NOT NULL DEFAULT 1 CHECK (new_device_mail IN (0, 1));

-- Shown to people who may not enter it, so that they can ask to.
ALTER TABLE app ADD COLUMN listed INTEGER NOT NULL DEFAULT 0 CHECK (listed IN (0, 1));

-- Where an app that is not behind nginx takes people back: exactly these URLs.
CREATE TABLE app_callback (
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    PRIMARY KEY (app_id, url)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    message TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'withdrawn')),
    reason TEXT NOT NULL DEFAULT '',            -- of whoever decided
    decided_by TEXT NOT NULL DEFAULT '',        -- a label; the audit has the id
    decided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
-- One open request for an app and a person; any number of decided ones.
CREATE UNIQUE INDEX access_request_pending ON access_request (app_id, user_id) WHERE state = 'pending';
CREATE INDEX access_request_by_user ON access_request (user_id);

-- A link that lets people register: approved at once, with these groups and apps.
CREATE TABLE invitation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    link_hash BLOB NOT NULL UNIQUE CHECK (length(link_hash) = 32),
    email TEXT NOT NULL DEFAULT '',             -- whom it was mailed to; empty: whoever has the link
    note TEXT NOT NULL DEFAULT '',
    uses INTEGER NOT NULL CHECK (uses > 0),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
    created_by TEXT NOT NULL,                   -- a label; the audit has the id
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;

CREATE TABLE invitation_group (
    invitation_id INTEGER NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (invitation_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation_app (
    invitation_id INTEGER NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    role TEXT,
    PRIMARY KEY (invitation_id, app_id)
) STRICT, WITHOUT ROWID;

-- As in schema 1, with sign-in for an app's server and by invitation. Those that are open stay open.
CREATE TABLE new_challenge (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('bound', 'host', 'central')),
    purpose TEXT NOT NULL CHECK (purpose IN ('signin', 'register')),
    email TEXT NOT NULL,                        -- the stored address; the account may not exist yet
    link_hash BLOB NOT NULL UNIQUE CHECK (length(link_hash) = 32),
    browser_hash BLOB UNIQUE CHECK (length(browser_hash) = 32),
    code_tries INTEGER NOT NULL DEFAULT 0,
    return_to TEXT NOT NULL,                    -- with an app: what is handed back to it, unread
    app_id INTEGER REFERENCES app (id) ON DELETE CASCADE,
    callback TEXT NOT NULL DEFAULT '',          -- one of that app's callback URLs
    invitation_id INTEGER REFERENCES invitation (id) ON DELETE CASCADE,
    ip TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CHECK ((kind = 'bound') = (browser_hash IS NOT NULL)),
    CHECK ((app_id IS NULL) = (callback = '')),
    CHECK (kind <> 'central' OR app_id IS NOT NULL)
) STRICT;
INSERT INTO new_challenge (id, kind, purpose, email, link_hash, browser_hash, code_tries, return_to, ip, created_at, expires_at, used_at)
    SELECT id, kind, purpose, email, link_hash, browser_hash, code_tries, return_to, ip, created_at, expires_at, used_at FROM challenge;
DROP TABLE challenge;
ALTER TABLE new_challenge RENAME TO challenge;
CREATE INDEX challenge_by_expiry ON challenge (expires_at);
CREATE INDEX challenge_by_email ON challenge (email);

-- What an app's server exchanges for the person who signed in: once, and only that app's.
CREATE TABLE app_code (
    code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 32),
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    return_to TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX app_code_by_expiry ON app_code (expires_at);
CREATE INDEX app_code_by_user ON app_code (user_id);

-- Keys of programs. The secret is kept as SHA-256 only.
CREATE TABLE api_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,                       -- the first characters, to tell keys apart
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    scopes TEXT NOT NULL,                       -- of read, write, mint; separated by commas
    app_id INTEGER REFERENCES app (id) ON DELETE CASCADE, -- all it may touch, if set
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    created_by TEXT NOT NULL,                   -- a label; the audit has the id
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT;

-- A change of address that waits for the new one to confirm it.
CREATE TABLE email_change (
    user_id INTEGER PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    link_hash BLOB NOT NULL UNIQUE CHECK (length(link_hash) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Browsers somebody has signed in with before, by a cookie of their own.
CREATE TABLE device (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    device_hash BLOB NOT NULL CHECK (length(device_hash) = 32),
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, device_hash)
) STRICT, WITHOUT ROWID;

-- As in schema 1, but what a mail says is kept as values, worded when it is sent. A mail that waited in the old form
-- cannot be worded anew: it is given up, and asked for again by whoever needs it.
CREATE TABLE new_mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,                  -- the same at every try, so that a receiver can tell a repetition
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('en', 'de')),
    sealed_values BLOB,                         -- may hold a sign-in link; emptied once nobody needs them
    challenge_id INTEGER,                       -- the sign-in it is for: not worth sending once that is used up
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'dead', 'dropped')),
    tries INTEGER NOT NULL DEFAULT 0,
    unclear INTEGER NOT NULL DEFAULT 0,         -- tries that may have arrived although no answer did
    next_try_at INTEGER NOT NULL,
    give_up_at INTEGER NOT NULL,
    last_error TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT;
INSERT INTO new_mail (id, uuid, kind, recipient, language, state, tries, next_try_at, give_up_at, last_error, created_at, settled_at)
    SELECT id, 'schema-1-' || id, 'unknown', recipient, 'en',
           CASE state WHEN 'sent' THEN 'sent' ELSE 'dropped' END, tries, next_try_at, give_up_at,
           CASE state WHEN 'queued' THEN 'it waited while the database was migrated' ELSE last_error END, created_at, sent_at
    FROM mail;
DROP TABLE mail;
ALTER TABLE new_mail RENAME TO mail;
CREATE INDEX mail_queued ON mail (next_try_at) WHERE state = 'queued';
CREATE INDEX mail_by_recipient ON mail (recipient, created_at);

-- Addresses no mail goes to, whatever it is for.
CREATE TABLE suppression (
    email TEXT PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('bounce', 'hand')),
    reason TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
