-- Accounts, and what links records with them: both can be erased, outside of what the tree commits to.
-- `tag` is the HMAC-SHA-256 of an account's name under a key of the site; `subject` is random.
CREATE TABLE accounts (
    tag BLOB PRIMARY KEY CHECK (length(tag) = 32),
    subject BLOB NOT NULL CHECK (length(subject) = 16)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_subject ON accounts (subject);

CREATE TABLE subjects (
    record INTEGER PRIMARY KEY REFERENCES records (row) ON DELETE CASCADE,
    subject BLOB NOT NULL CHECK (length(subject) = 16)
) STRICT;
CREATE INDEX subjects_subject ON subjects (subject, record);
