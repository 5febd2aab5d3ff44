-- Withdrawals to pass on. One with `due_at` waits for its delivery, one with `delivered_at` is delivered,
-- and one with neither is a dead letter.
CREATE TABLE consent_outbox (
    record uuid NOT NULL,
    provider text NOT NULL,
    -- Until it is delivered.
    handle text,
    withdrawn_at bigint NOT NULL,
    due_at bigint,
    attempts integer NOT NULL DEFAULT 0,
    delivered_at bigint,
    PRIMARY KEY (record, provider)
);
CREATE INDEX consent_outbox_due_at ON consent_outbox (due_at) WHERE due_at IS NOT NULL;
