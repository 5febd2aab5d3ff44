-- Which grants were taken back: by the id that an unconfirmed record has as its key. Such records are rare. No row is
-- changed, but writers wait while each month is read once, and so for this lock: not for long, and the next start
-- tries again.
SET LOCAL lock_timeout = '2s';
CREATE INDEX consent_records_unconfirmed ON consent_records (key) WHERE cause = 'unconfirmed';
