-- The choice that follows an account, under its subject: erased with it.
CREATE TABLE choices (
    subject BLOB PRIMARY KEY CHECK (length(subject) = 16),
    choice TEXT NOT NULL
) STRICT, WITHOUT ROWID;
