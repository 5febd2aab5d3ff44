-- Choices: rows are only added, and dropped by a purge.
CREATE TABLE documents (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    media_type TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;

-- `row` is never given twice (AUTOINCREMENT), so what is above the last sequenced row is not sequenced.
CREATE TABLE records (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    recorded_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    site TEXT NOT NULL,
    policy INTEGER NOT NULL REFERENCES documents (row),
    shown INTEGER REFERENCES documents (row),
    surface TEXT NOT NULL,
    language TEXT,
    regime TEXT,
    gpc INTEGER NOT NULL,
    cause TEXT NOT NULL,
    -- JSON: for each id two letters, the answer and what was in force before.
    answers TEXT NOT NULL,
    key TEXT
) STRICT;

-- What can be erased, outside of what the tree commits to.
CREATE TABLE links (
    record INTEGER PRIMARY KEY REFERENCES records (row) ON DELETE CASCADE,
    previous BLOB NOT NULL CHECK (length(previous) = 16)
) STRICT;
CREATE INDEX links_previous ON links (previous);

-- The last answers under each form's nonce, for 48 hours.
CREATE TABLE nonces (
    nonce TEXT PRIMARY KEY,
    record BLOB NOT NULL CHECK (length(record) = 16),
    answers TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX nonces_recorded_at ON nonces (recorded_at);

-- The Merkle tree (RFC 6962). `kind` is 0 for a document, 1 for a record, 2 for a purge.
CREATE TABLE leaves (
    leaf_index INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),
    row INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX leaves_row ON leaves (kind, row);

-- Hashes by their place in the array of RFC 9420, appendix C: those of leaves are even.
CREATE TABLE nodes (
    node INTEGER PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    time INTEGER NOT NULL,
    -- NULL between the commit and the signature.
    signature TEXT,
    witness TEXT
) STRICT;

-- Each key is signed by the one before it.
CREATE TABLE keys (
    row INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    line TEXT NOT NULL
) STRICT;

CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    holder BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE purges (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    line TEXT NOT NULL
) STRICT;
