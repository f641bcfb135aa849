-- Schema 10: keys of an app's administrators end with their administration.

-- Who made a program's key as an administrator of its app, by a key of theirs too. Null: the installation's.
ALTER TABLE api_key ADD COLUMN maker_id INTEGER REFERENCES user (id) ON DELETE CASCADE
    CHECK (maker_id IS NULL OR app_id IS NOT NULL);
CREATE INDEX api_key_by_maker ON api_key (maker_id) WHERE maker_id IS NOT NULL;
