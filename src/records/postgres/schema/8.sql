-- Records name their documents by numbers: 58 bytes less than two hashes. A record of an earlier version has the
-- hashes, and so has one that a node of an earlier version writes, or whose document such a node has added.
ALTER TABLE consent_documents ADD COLUMN number integer UNIQUE;
UPDATE consent_documents d SET number = n.number
FROM (SELECT sha256, row_number() OVER (ORDER BY sha256) AS number FROM consent_documents) n
WHERE n.sha256 = d.sha256;

-- No row is changed, but writers wait for this lock, and so for whoever reads: not for long, and the next start
-- tries again.
SET LOCAL lock_timeout = '2s';
ALTER TABLE consent_records ALTER policy DROP NOT NULL,
    ADD COLUMN policy_number integer, ADD COLUMN shown_number integer;
