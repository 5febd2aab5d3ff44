-- Accounts, and what links records with them: both can be erased, outside of what the tree commits to.
-- `tag` is the HMAC-SHA-256 of an account's name under a key of the site; `subject` is random.
CREATE TABLE consent_accounts (
    tag bytea PRIMARY KEY CHECK (length(tag) = 32),
    subject uuid NOT NULL
);
CREATE INDEX consent_accounts_subject ON consent_accounts (subject);

CREATE TABLE consent_subjects (
    record uuid PRIMARY KEY,
    subject uuid NOT NULL
);
CREATE INDEX consent_subjects_subject ON consent_subjects (subject, record);
