-- Schema 11: the audit is looked through by index and by word, ends in a head that tells of cut rows, is shortened
-- behind a checkpoint, and is sent on.

ALTER TABLE audit ADD COLUMN form INTEGER NOT NULL DEFAULT 1;   -- what `chain` is made over: 1 knows no target_user

-- Each way to look through it, newest first: an index ends with the row's number by itself.
CREATE INDEX audit_by_actor ON audit (actor);
CREATE INDEX audit_by_action ON audit (action);
CREATE INDEX audit_by_app ON audit (app) WHERE app <> '';
CREATE INDEX audit_by_ip ON audit (ip) WHERE ip <> '';

-- Which rows a time has. They are nearly in the order of time, but a clock may have been set back: so for each ten minutes
-- there is the first row of these and all later ones, and the last row of these and all earlier ones.
CREATE TABLE audit_time (
    ten_minutes INTEGER PRIMARY KEY,            -- seconds since 1970, divided by 600
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;
INSERT INTO audit_time
    SELECT at / 600, min(min(id)) OVER (ORDER BY at / 600 DESC), max(max(id)) OVER (ORDER BY at / 600)
    FROM audit GROUP BY at / 600;
CREATE TRIGGER audit_time_gains AFTER INSERT ON audit
BEGIN
    INSERT INTO audit_time (ten_minutes, first, last)
    SELECT NEW.at / 600, coalesce((SELECT first FROM audit_time WHERE ten_minutes > NEW.at / 600 ORDER BY ten_minutes LIMIT 1), NEW.id), NEW.id
    WHERE NOT EXISTS (SELECT 1 FROM audit_time WHERE ten_minutes = NEW.at / 600);
    UPDATE audit_time SET last = NEW.id WHERE ten_minutes >= NEW.at / 600;
END;

-- Every word of what happened.
CREATE VIRTUAL TABLE audit_text USING fts5 (
    actor, action, target, app, before, after,
    content = 'audit', content_rowid = 'id', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO audit_text (audit_text) VALUES ('rebuild');
CREATE TRIGGER audit_text_gains AFTER INSERT ON audit
BEGIN
    INSERT INTO audit_text (rowid, actor, action, target, app, before, after)
    VALUES (NEW.id, NEW.actor, NEW.action, NEW.target, NEW.app, NEW.before, NEW.after);
END;
CREATE TRIGGER audit_text_loses AFTER DELETE ON audit
BEGIN
    INSERT INTO audit_text (audit_text, rowid, actor, action, target, app, before, after)
    VALUES ('delete', OLD.id, OLD.actor, OLD.action, OLD.target, OLD.app, OLD.before, OLD.after);
END;

-- The newest row, under the key of the chain: without the key nobody can say that an earlier one is the newest.
CREATE TABLE audit_head (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id INTEGER NOT NULL,
    chain BLOB NOT NULL CHECK (length(chain) = 32),
    key_id INTEGER NOT NULL,
    mac BLOB NOT NULL CHECK (length(mac) = 32)
) STRICT;

ALTER TABLE audit_checkpoint ADD COLUMN key_id INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER audit_checkpoint_is_never_changed BEFORE UPDATE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint of the audit stays'); END;
CREATE TRIGGER audit_checkpoint_is_never_taken_away BEFORE DELETE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint of the audit stays'); END;

-- How far the audit was sent on, and how that goes.
CREATE TABLE audit_forward (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    through INTEGER NOT NULL,
    sent_at INTEGER,
    failing_since INTEGER,
    last_error TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO audit_forward (only, through) VALUES (1, 0);
