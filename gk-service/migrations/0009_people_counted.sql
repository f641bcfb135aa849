-- Schema 9: how many people there are, kept as they come and go: counting 100,000 of them takes longer than a page.

CREATE TABLE people_counted (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    people INTEGER NOT NULL
) STRICT;
INSERT INTO people_counted SELECT 1, count(*) FROM user;
CREATE TRIGGER people_counted_gains AFTER INSERT ON user BEGIN UPDATE people_counted SET people = people + 1; END;
CREATE TRIGGER people_counted_loses AFTER DELETE ON user BEGIN UPDATE people_counted SET people = people - 1; END;
