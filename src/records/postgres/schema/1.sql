-- What changes this schema is a new file beside this one. All names begin with `consent_`.
CREATE TABLE consent_schema (
    one boolean PRIMARY KEY CHECK (one),
    version integer NOT NULL
);
INSERT INTO consent_schema (one, version) VALUES (true, 0);

CREATE TABLE consent_documents (
    sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
    media_type text NOT NULL,
    content bytea NOT NULL
);

-- Choices: rows are only added, and dropped by a purge. An id begins with its time (UUID version 7), so
-- that one month is one range of ids.
CREATE TABLE consent_records (
    id uuid PRIMARY KEY,
    recorded_at bigint NOT NULL,
    decided_at bigint NOT NULL,
    gpc boolean NOT NULL,
    policy bytea NOT NULL,
    shown bytea,
    site text NOT NULL,
    surface text NOT NULL,
    language text,
    regime text,
    cause text NOT NULL,
    -- JSON: for each id two letters, the answer and what was in force before.
    answers text NOT NULL,
    key text
) PARTITION BY RANGE (id);

-- Adds the partition of the month with this second since 1970, if it is missing. Writers go on
-- meanwhile: ATTACH locks the table against other changes of its form only.
CREATE FUNCTION consent_add_month(second bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    month timestamp := date_trunc('month', to_timestamp(second) AT TIME ZONE 'UTC');
    name text := 'consent_records_' || to_char(month, 'YYYY_MM');
    bounds text[];
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    -- Another node may be adding it.
    PERFORM pg_advisory_xact_lock(7233173838382854779);
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT array_agg(
        lpad(to_hex(extract(epoch FROM bound)::bigint * 1000), 12, '0') || repeat('0', 20) ORDER BY bound
    ) INTO bounds FROM unnest(ARRAY[month, month + interval '1 month']) bound;
    EXECUTE format('CREATE TABLE %I (LIKE consent_records INCLUDING ALL)', name);
    EXECUTE format(
        'ALTER TABLE consent_records ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, bounds[1]::uuid, bounds[2]::uuid
    );
END
$$;

-- Drops the partitions that are empty, up to the month with this second since 1970.
CREATE FUNCTION consent_drop_empty_months(second bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    newest text := 'consent_records_' || to_char(to_timestamp(second) AT TIME ZONE 'UTC', 'YYYY_MM');
    month regclass;
    is_empty boolean;
BEGIN
    FOR month IN
        SELECT c.oid FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
        WHERE inhparent = 'consent_records'::regclass AND c.relname::text COLLATE "C" <= newest
    LOOP
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', month) INTO is_empty;
        CONTINUE WHEN NOT is_empty;
        -- Looked at again, now that nobody can add to it.
        EXECUTE format('LOCK TABLE consent_records, %s IN ACCESS EXCLUSIVE MODE', month);
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', month) INTO is_empty;
        CONTINUE WHEN NOT is_empty;
        EXECUTE format('DROP TABLE %s', month);
    END LOOP;
END
$$;

-- What can be erased, outside of what the tree commits to.
CREATE TABLE consent_links (
    record uuid PRIMARY KEY,
    previous uuid NOT NULL
);
CREATE INDEX consent_links_previous ON consent_links (previous);

-- The last answers under each form's nonce, for 48 hours. A row without a record is one in the making.
CREATE TABLE consent_nonces (
    nonce text PRIMARY KEY,
    recorded_at bigint NOT NULL,
    record uuid,
    answers text
);
CREATE INDEX consent_nonces_recorded_at ON consent_nonces (recorded_at);

-- What is not in the tree yet. `kind` is 0 for a document, 1 for a record, 2 for a purge; `name` is a
-- SHA-256, an id, or a number.
CREATE TABLE consent_unsequenced (
    kind smallint NOT NULL CHECK (kind IN (0, 1, 2)),
    name bytea NOT NULL,
    PRIMARY KEY (kind, name)
);

-- The Merkle tree (RFC 6962).
CREATE TABLE consent_leaves (
    leaf_index bigint PRIMARY KEY,
    kind smallint NOT NULL,
    name bytea NOT NULL,
    UNIQUE (kind, name)
);

-- Hashes by their place in the array of RFC 9420, appendix C: those of leaves are even.
CREATE TABLE consent_nodes (
    node bigint PRIMARY KEY,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE consent_checkpoints (
    size bigint PRIMARY KEY,
    root bytea NOT NULL CHECK (length(root) = 32),
    time bigint NOT NULL,
    -- NULL between the commit and the signature.
    signature text,
    witness text
);

-- Each key is signed by the one before it.
CREATE TABLE consent_keys (
    number bigint PRIMARY KEY,
    size bigint NOT NULL,
    line text NOT NULL
);

CREATE TABLE consent_lease (
    one boolean PRIMARY KEY CHECK (one),
    holder bytea NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE consent_purges (
    number bigint PRIMARY KEY,
    line text NOT NULL
);
