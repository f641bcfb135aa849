-- Whether an app stays open when nobody knows any more whether the policy is the newest (gk-validate --max-stale).
ALTER TABLE app ADD COLUMN stale_ok INTEGER NOT NULL DEFAULT 0 CHECK (stale_ok IN (0, 1));
