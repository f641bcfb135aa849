-- Schema 3: when sessions were last used, as far as the policy file is told.

ALTER TABLE session ADD COLUMN seen_published_at INTEGER; -- null while there is no idle limit, or nothing to tell

-- Sessions also go with their user or app, and what the policy file has of them must go too.
CREATE TRIGGER session_leaves_the_policy_file AFTER DELETE ON session
WHEN OLD.ended_at IS NOT NULL OR OLD.seen_published_at IS NOT NULL
BEGIN INSERT INTO change_log (kind, id, nonce) VALUES ('session', OLD.id, randomblob(8)); END;
