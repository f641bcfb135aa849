-- Directories (LDAP, Active Directory): where they are and what they are asked; what they said of people last; and runs
-- that look at all of their people again.
CREATE TABLE directory (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label TEXT NOT NULL UNIQUE,                 -- lower case; goes before the backslash of user names and groups
    position INTEGER NOT NULL,                  -- the order they are listed in
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    uris TEXT NOT NULL,                         -- one a line, tried in this order
    security TEXT NOT NULL CHECK (security IN ('ldaps', 'starttls', 'plain')),
    ca TEXT NOT NULL,                           -- PEM; empty: whom the system trusts
    bind_dn TEXT NOT NULL,                      -- empty: anonymous
    sealed_password BLOB,
    base_dns TEXT NOT NULL,                     -- one a line
    user_filter TEXT NOT NULL,
    email_filter TEXT NOT NULL,                 -- empty: made of the e-mail attribute
    username_attribute TEXT NOT NULL,
    email_attribute TEXT NOT NULL,
    fullname_attribute TEXT NOT NULL,
    group_mode TEXT NOT NULL CHECK (group_mode IN ('member-of', 'in-chain', 'transitive', 'none')),
    timeout_seconds INTEGER NOT NULL,
    page_size INTEGER NOT NULL,
    version INTEGER NOT NULL,                   -- grows with each change: connections of an older one are not used
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE directory_person (
    user_id INTEGER PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    directory TEXT NOT NULL,
    unique_id TEXT NOT NULL,                    -- what stays when they are renamed or moved
    dn TEXT NOT NULL,
    office TEXT NOT NULL,
    photo BLOB,
    state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'gone')),
    disabled_here INTEGER NOT NULL CHECK (disabled_here IN (0, 1)), -- whether it was a refresh that disabled the account
    refreshed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX directory_person_by_id ON directory_person (directory, unique_id);

CREATE UNIQUE INDEX groups_of_directory_by_dn ON groups (directory, dn) WHERE kind = 'directory';
CREATE UNIQUE INDEX groups_of_directory_by_name ON groups (directory, name) WHERE kind = 'directory';

CREATE TABLE directory_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    directory TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'asks', 'cancelled', 'failed')),
    cancel INTEGER NOT NULL DEFAULT 0 CHECK (cancel IN (0, 1)),
    may_disable INTEGER NOT NULL DEFAULT 0,     -- so many somebody has said yes to
    total INTEGER NOT NULL DEFAULT 0,
    looked_at INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    disabled INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    started_by TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    beat_at INTEGER NOT NULL,                   -- whoever works on it says so; a run nobody works on any more has failed
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX directory_run_open ON directory_run (directory) WHERE state IN ('waiting', 'running');

-- Whom a run changed, could not look at, or would disable; not everybody it looked at.
CREATE TABLE directory_run_person (
    run_id INTEGER NOT NULL REFERENCES directory_run (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL,
    username TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('changed', 'disabled', 'would-disable', 'failed')),
    detail TEXT NOT NULL,
    PRIMARY KEY (run_id, user_id)
) STRICT, WITHOUT ROWID;
