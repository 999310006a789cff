-- The inbox forgets what is old, and remembers how far that went: what was said before cannot be told from a repeat.
-- depends: 0011-history-partitions

-- migrate: apply
CREATE TABLE inbox_forgotten (
    consumer TEXT PRIMARY KEY,
    before   TIMESTAMPTZ NOT NULL
);

-- migrate: rollback
DROP TABLE inbox_forgotten;
