-- Schema 5: people in any number, found and sorted by index; edited by one at a time; and what apps keep about them.

-- Counts changes, so that two who edit one person at once are told apart.
ALTER TABLE user ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE TRIGGER user_counts_its_versions
AFTER UPDATE OF username, email, fullname, status, enabled, notify, new_device_mail, language, given_name,
    mail_nickname, title, department, manager, telephone_number, mobile_number ON user
BEGIN UPDATE user SET version = OLD.version + 1 WHERE id = OLD.id; END;

-- The part of the e-mail that says whether somebody is internal.
ALTER TABLE user ADD COLUMN domain TEXT NOT NULL GENERATED ALWAYS AS (substr(email, instr(email, '@') + 1)) VIRTUAL;

-- Each way to sort, with what the filters look at, so that a row that is passed over costs no look at the table.
CREATE INDEX user_by_username ON user (username, id, status, enabled, directory, domain);
CREATE INDEX user_by_email ON user (email, id, status, enabled, directory, domain);
CREATE INDEX user_by_fullname ON user (fullname COLLATE NOCASE, id, status, enabled, directory, domain);
CREATE INDEX user_by_creation ON user (created_at, id, status, enabled, directory, domain);
CREATE INDEX user_by_update ON user (updated_at, id, status, enabled, directory, domain);
CREATE INDEX user_by_status ON user (status, id);
CREATE INDEX user_by_enabled ON user (enabled) WHERE enabled = 0;
CREATE INDEX user_by_domain ON user (domain);
CREATE INDEX user_by_directory ON user (directory) WHERE directory <> '';

-- Every three letters of names and addresses, so that a part of one is found without reading all.
CREATE VIRTUAL TABLE user_text USING fts5 (username, email, fullname, content = 'user', content_rowid = 'id', tokenize = 'trigram');
INSERT INTO user_text (user_text) VALUES ('rebuild');
CREATE TRIGGER user_text_gains AFTER INSERT ON user
BEGIN INSERT INTO user_text (rowid, username, email, fullname) VALUES (NEW.id, NEW.username, NEW.email, NEW.fullname); END;
CREATE TRIGGER user_text_loses AFTER DELETE ON user
BEGIN INSERT INTO user_text (user_text, rowid, username, email, fullname) VALUES ('delete', OLD.id, OLD.username, OLD.email, OLD.fullname); END;
CREATE TRIGGER user_text_changes AFTER UPDATE OF username, email, fullname ON user
BEGIN
    INSERT INTO user_text (user_text, rowid, username, email, fullname) VALUES ('delete', OLD.id, OLD.username, OLD.email, OLD.fullname);
    INSERT INTO user_text (rowid, username, email, fullname) VALUES (NEW.id, NEW.username, NEW.email, NEW.fullname);
END;

-- What apps keep about people, by app and key.
CREATE TABLE user_property (
    user_id INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    app TEXT NOT NULL,                          -- a word of whoever keeps it; not only registered apps do
    key TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (user_id, app, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_property_by_type ON user_property (app, key, user_id);

ALTER TABLE groups ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
UPDATE groups SET updated_at = created_at;

-- How many are in a group is looked at on every page and not counted each time.
ALTER TABLE groups ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
UPDATE groups SET members = (SELECT count(*) FROM membership m WHERE m.group_id = groups.id);
CREATE TRIGGER membership_is_counted AFTER INSERT ON membership
BEGIN UPDATE groups SET members = members + 1 WHERE id = NEW.group_id; END;
CREATE TRIGGER membership_is_no_longer_counted AFTER DELETE ON membership
BEGIN UPDATE groups SET members = members - 1 WHERE id = OLD.group_id; END;

-- Whether somebody is an administrator is part of what is edited.
CREATE TRIGGER user_counts_becoming_an_administrator AFTER INSERT ON membership
WHEN EXISTS (SELECT 1 FROM groups WHERE id = NEW.group_id AND kind = 'admin')
BEGIN UPDATE user SET version = version + 1 WHERE id = NEW.user_id; END;
CREATE TRIGGER user_counts_being_none_any_more AFTER DELETE ON membership
WHEN EXISTS (SELECT 1 FROM groups WHERE id = OLD.group_id AND kind = 'admin')
BEGIN UPDATE user SET version = version + 1 WHERE id = OLD.user_id; END;

-- Whether a browser is anybody's is asked before it is known whose.
CREATE INDEX device_by_hash ON device (device_hash);

-- Whom a row is about, by number: names change, and one that is free may be somebody else's. Older rows have none, and
-- are looked for by name.
ALTER TABLE audit ADD COLUMN target_user INTEGER;
CREATE INDEX audit_by_target_user ON audit (target_user, id) WHERE target_user IS NOT NULL;
CREATE INDEX audit_by_target ON audit (target, id) WHERE target_user IS NULL;
CREATE INDEX audit_by_person ON audit (actor_id, id) WHERE actor_kind = 'person';
