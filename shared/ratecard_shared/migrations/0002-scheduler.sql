-- Syncs as the scheduler started them. Written by the scheduler alone; the registry reads them.
-- depends: 0001-delivery

-- migrate: apply
CREATE TABLE syncs (
    sync_id      TEXT PRIMARY KEY,
    requested_by TEXT        NOT NULL DEFAULT '',
    reason       TEXT        NOT NULL DEFAULT '',
    state        TEXT        NOT NULL CHECK (state IN ('running', 'joined', 'expired', 'refused', 'completed', 'failed')),
    error        TEXT,
    requested_at TIMESTAMPTZ NOT NULL,
    started_at   TIMESTAMPTZ NOT NULL,
    deadline     TIMESTAMPTZ NOT NULL,
    completed_at TIMESTAMPTZ
);

CREATE INDEX syncs_started_at ON syncs (started_at);

CREATE TABLE sync_providers (
    sync_id        TEXT        NOT NULL REFERENCES syncs (sync_id) ON DELETE CASCADE,
    provider       TEXT        NOT NULL,
    joined_sync_id TEXT REFERENCES syncs (sync_id) ON DELETE SET NULL,
    started_at     TIMESTAMPTZ NOT NULL,
    deadline       TIMESTAMPTZ NOT NULL,
    ended_at       TIMESTAMPTZ,
    PRIMARY KEY (sync_id, provider)
);

CREATE INDEX sync_providers_running ON sync_providers (provider) WHERE ended_at IS NULL AND joined_sync_id IS NULL;

CREATE TABLE schedule_slots (
    slot       TIMESTAMPTZ PRIMARY KEY,
    claimed_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE schedule (
    is_only   BOOLEAN PRIMARY KEY DEFAULT true CHECK (is_only),
    cron      TEXT NOT NULL,
    next_slot TIMESTAMPTZ
);

-- migrate: rollback
DROP TABLE schedule;
DROP TABLE schedule_slots;
DROP TABLE sync_providers;
DROP TABLE syncs;
