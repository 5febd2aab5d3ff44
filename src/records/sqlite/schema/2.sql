-- Withdrawals to pass on. One with `due_at` waits for its delivery, one with `delivered_at` is delivered,
-- and one with neither is a dead letter.
CREATE TABLE outbox (
    record BLOB NOT NULL CHECK (length(record) = 16),
    provider TEXT NOT NULL,
    -- Until it is delivered.
    handle TEXT,
    withdrawn_at INTEGER NOT NULL,
    due_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    PRIMARY KEY (record, provider)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due_at ON outbox (due_at) WHERE due_at IS NOT NULL;
