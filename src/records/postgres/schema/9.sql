-- Set once what links the record was erased: its dead letters have no handle, which names the visitor.
-- No row is changed, but others wait for this lock, and so for whoever reads.
SET LOCAL lock_timeout = '2s';
ALTER TABLE consent_outbox ADD COLUMN erased boolean NOT NULL DEFAULT false;
