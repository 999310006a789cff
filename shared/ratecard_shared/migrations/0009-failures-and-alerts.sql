-- Failed syncs in a row per provider, and what administrators are told of. Written by the scheduler alone.
-- depends: 0008-own-prices

-- migrate: apply
CREATE TABLE provider_failures (
    provider   TEXT PRIMARY KEY,
    sync_id    TEXT        NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    failed     INTEGER     NOT NULL,
    retried    INTEGER     NOT NULL,
    retry_at   TIMESTAMPTZ
);

CREATE TABLE troubles (
    key            TEXT PRIMARY KEY,
    kind           TEXT        NOT NULL,
    provider       TEXT,
    severity       TEXT        NOT NULL,
    summary        TEXT        NOT NULL,
    action         TEXT        NOT NULL,
    open           BOOLEAN     NOT NULL,
    pending_since  TIMESTAMPTZ,
    raised_at      TIMESTAMPTZ NOT NULL,
    last_raised_at TIMESTAMPTZ NOT NULL,
    times          INTEGER     NOT NULL,
    sent_at        TIMESTAMPTZ
);

CREATE INDEX troubles_pending ON troubles (pending_since) WHERE pending_since IS NOT NULL;

-- migrate: rollback
DROP TABLE troubles;
DROP TABLE provider_failures;
