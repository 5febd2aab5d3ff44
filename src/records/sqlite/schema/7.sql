-- Which grants were taken back: by the id that an unconfirmed record has as its key. Such records are rare.
CREATE INDEX records_unconfirmed ON records (key) WHERE cause = 'unconfirmed';
