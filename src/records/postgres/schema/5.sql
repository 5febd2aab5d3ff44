-- The choice that follows an account, under its subject: erased with it.
CREATE TABLE consent_choices (
    subject uuid PRIMARY KEY,
    choice text NOT NULL
);
