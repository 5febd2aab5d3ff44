-- The hashes of the Merkle tree in tiles, as transparency logs have them: 256 that are side by side at every
-- eighth level are one row. What is between such levels is computed from them. Level 0 has the hashes of
-- leaves, level 1 those of complete subtrees of 256 leaves, level 2 of 65,536. A tile that grows has a row for
-- each batch, which are joined once it is full.
CREATE TABLE consent_tiles (
    level smallint NOT NULL,
    -- The number of the first hash within its level.
    first bigint NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (level, first),
    CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0 AND first % 256 + length(hashes) / 32 <= 256)
);
-- Hashes can't be compressed.
ALTER TABLE consent_tiles ALTER hashes SET STORAGE EXTERNAL;

-- About 7 seconds for a million leaves. Records are written meanwhile; checkpoints are not made.
DO $$
DECLARE
    leaves bigint;
    step bigint;
    most bigint;
    last bigint;
BEGIN
    LOCK TABLE consent_nodes IN SHARE MODE;
    SELECT coalesce(max(leaf_index) + 1, 0) INTO leaves FROM consent_leaves;
    FOR height IN 0..6 LOOP
        step := 1::bigint << (8 * height);
        -- Complete subtrees alone: the others change.
        most := leaves / step - 1;
        FOR tile IN 0..(CASE WHEN most < 0 THEN -1 ELSE most / 256 END) LOOP
            last := least(tile::bigint * 256 + 255, most);
            -- The place of a subtree is between those of its halves.
            INSERT INTO consent_tiles (level, first, hashes)
            SELECT height, tile::bigint * 256, string_agg(hash, ''::bytea ORDER BY node) FROM consent_nodes
            WHERE node = ANY (ARRAY(
                SELECT (2 * number + 1) * step - 1 FROM generate_series(tile::bigint * 256, last) number))
            HAVING count(*) = last - tile::bigint * 256 + 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'hashes of the tree are missing: restore a backup';
            END IF;
        END LOOP;
    END LOOP;
END
$$;
DROP TABLE consent_nodes;

-- Each checkpoint continues another one, and none is continued twice: so no two processes can go on in
-- different ways.
ALTER TABLE consent_checkpoints ADD COLUMN previous bigint;
UPDATE consent_checkpoints c SET previous = p.previous
FROM (SELECT size, lag(size, 1, 0::bigint) OVER (ORDER BY size) AS previous FROM consent_checkpoints) p
WHERE p.size = c.size;
ALTER TABLE consent_checkpoints ALTER previous SET NOT NULL, ADD UNIQUE (previous), ADD CHECK (previous < size);
