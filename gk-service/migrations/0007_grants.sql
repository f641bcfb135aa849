-- Schema 7: the life of grants: whether they are used, that they end, and that they can come back.

ALTER TABLE access_grant ADD COLUMN last_used_at INTEGER;   -- when somebody last entered by it
ALTER TABLE access_grant ADD COLUMN told_of INTEGER;        -- the end that a mail told of; another end is told of again
CREATE INDEX access_grant_by_end ON access_grant (expires_at) WHERE expires_at IS NOT NULL;

-- Which proxy block the last check for the app came through, and when; null before the first.
ALTER TABLE app ADD COLUMN block_seen_at INTEGER;
ALTER TABLE app ADD COLUMN block_mark TEXT NOT NULL DEFAULT '';  -- empty: it says nothing of itself

-- Grants that were taken together, for a day, so that all of them can be given back as they were.
CREATE TABLE taken_grant (
    id INTEGER PRIMARY KEY,                     -- the grant's
    taking INTEGER NOT NULL,                    -- those that were taken together have one number
    taken_at INTEGER NOT NULL,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    user_id INTEGER REFERENCES user (id) ON DELETE CASCADE,
    group_id INTEGER REFERENCES groups (id) ON DELETE CASCADE,
    role TEXT,
    starts_at INTEGER,
    expires_at INTEGER,
    note TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    last_used_at INTEGER,
    told_of INTEGER,
    CHECK ((user_id IS NULL) <> (group_id IS NULL))
) STRICT;
CREATE INDEX taken_grant_by_taking ON taken_grant (taking);
CREATE INDEX taken_grant_by_app ON taken_grant (app_id);
CREATE INDEX taken_grant_by_user ON taken_grant (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX taken_grant_by_group ON taken_grant (group_id) WHERE group_id IS NOT NULL;
