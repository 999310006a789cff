-- The joins of the two sides of a (sync, provider). Written by the enricher alone.
-- depends: 0002-scheduler

-- migrate: apply
CREATE TABLE joins (
    sync_id    TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    started_at TIMESTAMPTZ,
    deadline   TIMESTAMPTZ,
    generation INTEGER NOT NULL DEFAULT 0,
    closed     BOOLEAN NOT NULL DEFAULT false,
    trace      JSONB   NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (sync_id, provider)
);

CREATE INDEX joins_open ON joins (deadline) WHERE NOT closed;

CREATE TABLE join_chunks (
    sync_id    TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    side       TEXT    NOT NULL CHECK (side IN ('discovery', 'pricing')),
    attempt_id TEXT    NOT NULL,
    index      INTEGER NOT NULL,
    total      INTEGER NOT NULL,
    body       BYTEA   NOT NULL,
    PRIMARY KEY (sync_id, provider, side, attempt_id, index),
    FOREIGN KEY (sync_id, provider) REFERENCES joins (sync_id, provider) ON DELETE CASCADE
);

CREATE TABLE join_sides (
    sync_id    TEXT NOT NULL,
    provider   TEXT NOT NULL,
    side       TEXT NOT NULL CHECK (side IN ('discovery', 'pricing')),
    attempt_id TEXT NOT NULL,
    PRIMARY KEY (sync_id, provider, side),
    FOREIGN KEY (sync_id, provider) REFERENCES joins (sync_id, provider) ON DELETE CASCADE
);

CREATE TABLE known_models (
    provider   TEXT PRIMARY KEY,
    started_at TIMESTAMPTZ NOT NULL,
    ids        TEXT[]      NOT NULL
);

-- migrate: rollback
DROP TABLE known_models;
DROP TABLE join_sides;
DROP TABLE join_chunks;
DROP TABLE joins;
