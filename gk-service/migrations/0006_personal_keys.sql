-- Schema 6: keys of people, which open apps as their owner and nothing else.

-- Null: a program's key, which has scopes. A person's has none, and names its apps below.
ALTER TABLE api_key ADD COLUMN owner_id INTEGER REFERENCES user (id) ON DELETE CASCADE
    CHECK ((owner_id IS NULL) = (scopes <> '') AND (owner_id IS NULL OR app_id IS NULL));
ALTER TABLE api_key ADD COLUMN told_at INTEGER; -- when a mail told that it runs out
CREATE INDEX api_key_by_owner ON api_key (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX api_key_by_app ON api_key (app_id) WHERE app_id IS NOT NULL;
CREATE INDEX api_key_to_tell ON api_key (expires_at) WHERE expires_at IS NOT NULL AND told_at IS NULL;

CREATE TABLE api_key_app (
    key_id INTEGER NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    PRIMARY KEY (key_id, app_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_app_by_app ON api_key_app (app_id);

-- A key to no app opens nothing, so it goes with its last one.
CREATE TRIGGER api_key_goes_with_its_last_app AFTER DELETE ON api_key_app
WHEN NOT EXISTS (SELECT 1 FROM api_key_app WHERE key_id = OLD.key_id)
BEGIN DELETE FROM api_key WHERE id = OLD.key_id; END;

-- Keys also go with their owner, and what the policy file has of them must go too.
CREATE TRIGGER api_key_leaves_the_policy_file AFTER DELETE ON api_key
WHEN OLD.owner_id IS NOT NULL
BEGIN INSERT INTO change_log (kind, id, nonce) VALUES ('key', OLD.id, randomblob(8)); END;
