-- Schema 7: paths of an app that are open without sign-in.

CREATE TABLE app_open_path (
    app_id INTEGER NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    path TEXT NOT NULL,                         -- exact, or with /* at its end
    networks TEXT NOT NULL DEFAULT '',          -- to whom, separated by commas; empty: to everybody
    PRIMARY KEY (app_id, path)
) STRICT, WITHOUT ROWID;
