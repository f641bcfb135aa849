-- Schema 12: the installation's logo; and figures that are kept as things happen, since counting takes longer than a page.

CREATE TABLE logo (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    digest TEXT NOT NULL,                       -- before the bytes, so that it is read without them
    media_type TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

-- How often something happened in an hour (of 3600 s since 1970).
CREATE TABLE tally (
    what TEXT NOT NULL,
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (what, hour)
) STRICT, WITHOUT ROWID;

-- How many rows of a table there are; how many mails of each state; and how often something of the table above happened in all.
CREATE TABLE counted (
    what TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counted SELECT 'app', count(*) FROM app;
INSERT INTO counted SELECT 'key', count(*) FROM api_key;
CREATE TRIGGER apps_counted_gain AFTER INSERT ON app BEGIN UPDATE counted SET count = count + 1 WHERE what = 'app'; END;
CREATE TRIGGER apps_counted_lose AFTER DELETE ON app BEGIN UPDATE counted SET count = count - 1 WHERE what = 'app'; END;
CREATE TRIGGER keys_counted_gain AFTER INSERT ON api_key BEGIN UPDATE counted SET count = count + 1 WHERE what = 'key'; END;
CREATE TRIGGER keys_counted_lose AFTER DELETE ON api_key BEGIN UPDATE counted SET count = count - 1 WHERE what = 'key'; END;
INSERT INTO counted SELECT 'mail:' || state, count(*) FROM mail GROUP BY state;
CREATE TRIGGER mails_counted_gain AFTER INSERT ON mail BEGIN
    INSERT INTO counted VALUES ('mail:' || NEW.state, 1) ON CONFLICT (what) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER mails_counted_lose AFTER DELETE ON mail BEGIN
    UPDATE counted SET count = count - 1 WHERE what = 'mail:' || OLD.state;
END;
CREATE TRIGGER mails_counted_move AFTER UPDATE OF state ON mail WHEN OLD.state <> NEW.state BEGIN
    UPDATE counted SET count = count - 1 WHERE what = 'mail:' || OLD.state;
    INSERT INTO counted VALUES ('mail:' || NEW.state, 1) ON CONFLICT (what) DO UPDATE SET count = count + 1;
END;
-- What is deleted once it is old enough.
CREATE INDEX mail_settled ON mail (coalesce(settled_at, created_at)) WHERE state <> 'queued';

-- Sessions that were not ended, by the hour they run out in.
CREATE TABLE open_sessions (
    hour INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;
INSERT INTO open_sessions SELECT expires_at / 3600, count(*) FROM session WHERE ended_at IS NULL GROUP BY 1;
CREATE TRIGGER open_sessions_gain AFTER INSERT ON session WHEN NEW.ended_at IS NULL BEGIN
    INSERT INTO open_sessions VALUES (NEW.expires_at / 3600, 1) ON CONFLICT (hour) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER open_sessions_lose AFTER DELETE ON session WHEN OLD.ended_at IS NULL BEGIN
    UPDATE open_sessions SET count = count - 1 WHERE hour = OLD.expires_at / 3600;
END;
CREATE TRIGGER open_sessions_end AFTER UPDATE OF ended_at ON session WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL BEGIN
    UPDATE open_sessions SET count = count - 1 WHERE hour = OLD.expires_at / 3600;
END;
CREATE TRIGGER open_sessions_move AFTER UPDATE OF expires_at ON session WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NULL BEGIN
    UPDATE open_sessions SET count = count - 1 WHERE hour = OLD.expires_at / 3600;
    INSERT INTO open_sessions VALUES (NEW.expires_at / 3600, 1) ON CONFLICT (hour) DO UPDATE SET count = count + 1;
END;
-- What is left of the hour that runs, and no more.
CREATE INDEX session_open_by_expiry ON session (expires_at) WHERE ended_at IS NULL;
