-- Choices counted by day: no rows per visitor, which a purge leaves as they are. `day` is days since
-- 1970 in UTC; an empty text is none. Connections add to different slots, so that few wait for another.
CREATE TABLE consent_counters (
    day bigint NOT NULL,
    kind text NOT NULL,
    surface text NOT NULL,
    language text NOT NULL,
    regime text NOT NULL,
    slot smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (day, kind, surface, language, regime, slot)
) WITH (fillfactor = 50);

-- Counts what is kept already, as the program counts what is new.
INSERT INTO consent_counters (day, kind, surface, language, regime, slot, count)
SELECT recorded_at / 86400,
       CASE WHEN granted AND NOT denied AND surface <> 'placeholder' THEN 'accepted'
            WHEN granted THEN 'partial'
            WHEN was_granted THEN 'withdrawn'
            ELSE 'refused' END,
       surface, coalesce(language, ''), coalesce(regime, ''), 0, count(*)
FROM (
    SELECT r.*,
           EXISTS (SELECT FROM json_each_text(r.answers::json) a WHERE a.value LIKE 'g_') AS granted,
           EXISTS (SELECT FROM json_each_text(r.answers::json) a WHERE a.value LIKE 'd_') AS denied,
           EXISTS (SELECT FROM json_each_text(r.answers::json) a WHERE a.value LIKE '_g') AS was_granted
    FROM consent_records r
    WHERE r.cause <> 'unconfirmed' AND NOT EXISTS (
        SELECT FROM consent_links k JOIN consent_records u ON u.id = k.record
        WHERE k.previous = r.id AND u.cause = 'unconfirmed'
    )
) kept
WHERE granted OR denied OR was_granted
GROUP BY 1, 2, 3, 4, 5;
