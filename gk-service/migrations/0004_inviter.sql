-- Schema 4: who invites, by number: a name that becomes free can be taken by somebody else.

-- Null: somebody whose account is gone, an operator, or older than this; then the installation invites.
ALTER TABLE invitation ADD COLUMN created_by_id INTEGER REFERENCES user (id) ON DELETE SET NULL;
