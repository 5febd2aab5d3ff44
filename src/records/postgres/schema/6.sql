-- Months that a purge has emptied are detached first, which makes no writer wait, and dropped once nobody can
-- add to them.
DROP FUNCTION consent_drop_empty_months(bigint);

-- Adds the partition of the month with this second since 1970, if it is missing. Writers go on
-- meanwhile: ATTACH locks the table against other changes of its form only.
CREATE OR REPLACE FUNCTION consent_add_month(second bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    month timestamp := date_trunc('month', to_timestamp(second) AT TIME ZONE 'UTC');
    name text := 'consent_records_' || to_char(month, 'YYYY_MM');
    bounds text[];
BEGIN
    PERFORM FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'consent_records'::regclass AND c.relname::text = name;
    IF FOUND THEN
        RETURN;
    END IF;
    -- Another node may be adding it, or dropping it. Asked in tables: to_regclass may not know yet what it did.
    PERFORM pg_advisory_xact_lock(7233173838382854779);
    PERFORM FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'consent_records'::regclass AND c.relname::text = name;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT array_agg(
        lpad(to_hex(extract(epoch FROM bound)::bigint * 1000), 12, '0') || repeat('0', 20) ORDER BY bound
    ) INTO bounds FROM unnest(ARRAY[month, month + interval '1 month']) bound;
    -- One that is detached is attached again.
    PERFORM FROM pg_class c JOIN pg_class r ON r.relnamespace = c.relnamespace
    WHERE r.oid = 'consent_records'::regclass AND c.relname::text = name;
    IF NOT FOUND THEN
        EXECUTE format('CREATE TABLE %I (LIKE consent_records INCLUDING ALL)', name);
    END IF;
    EXECUTE format(
        'ALTER TABLE consent_records ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, bounds[1]::uuid, bounds[2]::uuid
    );
END
$$;

-- Returns TRUE if a month has no records. Rows that are deleted, and not vacuumed yet, are passed in its index,
-- which remembers them: a call that takes too long is shorter the next time.
CREATE FUNCTION consent_is_empty(month regclass) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    is_empty boolean;
BEGIN
    EXECUTE format('SELECT count(*) = 0 FROM (SELECT id FROM %s ORDER BY id LIMIT 1) one', month) INTO is_empty;
    RETURN is_empty;
END
$$;

-- Returns the statements that detach the months which are empty and ended before the one with this second
-- since 1970. From PostgreSQL 14 on nobody waits for them, but then they can't be run by a function.
CREATE FUNCTION consent_empty_months(second bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    newest text := 'consent_records_' || to_char(to_timestamp(second) AT TIME ZONE 'UTC', 'YYYY_MM');
    way text := CASE WHEN current_setting('server_version_num')::int >= 140000 THEN ' CONCURRENTLY' ELSE '' END;
    month regclass;
    is_begun boolean;
BEGIN
    FOR month, is_begun IN
        -- A column that PostgreSQL has since version 14.
        SELECT c.oid, coalesce((to_jsonb(i) ->> 'inhdetachpending')::boolean, false)
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'consent_records'::regclass AND c.relname::text COLLATE "C" < newest
        ORDER BY 2 DESC, c.relname
    LOOP
        IF is_begun THEN
            RETURN NEXT format('ALTER TABLE consent_records DETACH PARTITION %s FINALIZE', month);
        ELSIF consent_is_empty(month) THEN
            RETURN NEXT format('ALTER TABLE consent_records DETACH PARTITION %s%s', month, way);
        END IF;
    END LOOP;
END
$$;

-- Drops the months that are detached. One that got a record in between is attached again.
CREATE FUNCTION consent_drop_detached() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    month regclass;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(7233173838382854779);
    FOR month, name IN
        SELECT c.oid, c.relname FROM pg_class c
        JOIN pg_class records ON records.oid = 'consent_records'::regclass
        WHERE c.relnamespace = records.relnamespace AND c.relkind = 'r' AND NOT c.relispartition
          AND c.relname ~ '^consent_records_[0-9]{4}_[0-9]{2}$'
    LOOP
        IF consent_is_empty(month) THEN
            EXECUTE format('DROP TABLE %s', month);
        ELSE
            PERFORM consent_add_month(extract(epoch FROM to_date(right(name, 7), 'YYYY_MM')::timestamp)::bigint);
        END IF;
    END LOOP;
END
$$;
