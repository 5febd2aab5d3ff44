-- Choices counted by day: no rows per visitor, which a purge leaves as they are. `day` is days since
-- 1970 in UTC; an empty text is none.
CREATE TABLE counters (
    day INTEGER NOT NULL,
    kind TEXT NOT NULL,
    surface TEXT NOT NULL,
    language TEXT NOT NULL,
    regime TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, kind, surface, language, regime)
) STRICT, WITHOUT ROWID;

-- Counts what is kept already, as the program counts what is new.
INSERT INTO counters (day, kind, surface, language, regime, count)
SELECT recorded_at / 86400,
       CASE WHEN granted AND NOT denied AND surface <> 'placeholder' THEN 'accepted'
            WHEN granted THEN 'partial'
            WHEN was_granted THEN 'withdrawn'
            ELSE 'refused' END AS kind,
       surface, ifnull(language, ''), ifnull(regime, ''), count(*)
FROM (
    SELECT r.*,
           EXISTS (SELECT 1 FROM json_each(r.answers) a WHERE a.value LIKE 'g_') AS granted,
           EXISTS (SELECT 1 FROM json_each(r.answers) a WHERE a.value LIKE 'd_') AS denied,
           EXISTS (SELECT 1 FROM json_each(r.answers) a WHERE a.value LIKE '_g') AS was_granted
    FROM records r
    WHERE r.cause <> 'unconfirmed' AND NOT EXISTS (
        SELECT 1 FROM links k JOIN records u ON u.row = k.record
        WHERE k.previous = r.id AND u.cause = 'unconfirmed'
    )
)
WHERE granted OR denied OR was_granted
GROUP BY 1, 2, 3, 4, 5;
