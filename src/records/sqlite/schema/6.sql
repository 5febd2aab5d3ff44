-- Set once what links the record was erased: its dead letters have no handle, which names the visitor.
ALTER TABLE outbox ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
