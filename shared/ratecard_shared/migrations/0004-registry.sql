-- Models, every price that was ever in force, and how each provider's last sync went. Written by the registry alone.
-- depends: 0003-enricher

-- migrate: apply
CREATE TABLE models (
    provider          TEXT        NOT NULL,
    id                TEXT        NOT NULL,
    display_name      TEXT        NOT NULL,
    classification    TEXT[]      NOT NULL DEFAULT '{}',
    context_window    BIGINT,
    max_output_tokens BIGINT,
    usability         TEXT        NOT NULL CHECK (usability IN ('available', 'preview', 'deprecated')),
    capabilities      JSONB       NOT NULL DEFAULT '[]',
    aliases           TEXT[]      NOT NULL DEFAULT '{}',
    found_on_page     BOOLEAN     NOT NULL DEFAULT false,
    shutdown_date     DATE,
    match             JSONB,
    stale_since       TIMESTAMPTZ,
    revision          BIGINT      NOT NULL DEFAULT 0,
    discovered_at     TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    deprecated_at     TIMESTAMPTZ,
    merged_into       TEXT,
    applied_at        TIMESTAMPTZ NOT NULL,
    applied_sync      TEXT        NOT NULL,
    applied_generation INTEGER    NOT NULL,
    PRIMARY KEY (provider, id)
);

CREATE INDEX models_id ON models (id);
CREATE INDEX models_usability ON models (usability);
CREATE INDEX models_classification ON models USING GIN (classification);

CREATE TABLE model_pricing (
    provider                TEXT        NOT NULL,
    model_id                TEXT        NOT NULL,
    tier                    TEXT        NOT NULL,
    context_limit           BIGINT      NOT NULL,
    currency                TEXT        NOT NULL,
    region                  TEXT        NOT NULL,
    input_cost_per_million  NUMERIC,
    output_cost_per_million NUMERIC,
    rates                   JSONB       NOT NULL,
    free                    BOOLEAN     NOT NULL DEFAULT false,
    effective_date          TIMESTAMPTZ NOT NULL,
    effective_until         DATE,
    evidence                JSONB,
    missed_in               TEXT[]      NOT NULL DEFAULT '{}',
    absent_in               TEXT        NOT NULL DEFAULT '',
    sync_id                 TEXT        NOT NULL,
    PRIMARY KEY (provider, model_id, tier, context_limit, currency, region),
    FOREIGN KEY (provider, model_id) REFERENCES models (provider, id) ON DELETE CASCADE
);

-- Prices that a page announces for a day to come.
CREATE TABLE scheduled_pricing (
    LIKE model_pricing INCLUDING DEFAULTS,
    PRIMARY KEY (provider, model_id, tier, context_limit, currency, region, effective_date),
    FOREIGN KEY (provider, model_id) REFERENCES models (provider, id) ON DELETE CASCADE
);

CREATE INDEX scheduled_pricing_day ON scheduled_pricing (effective_date);

CREATE TABLE pricing_history (
    id                      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider                TEXT        NOT NULL,
    model_id                TEXT        NOT NULL,
    tier                    TEXT        NOT NULL,
    context_limit           BIGINT      NOT NULL,
    currency                TEXT        NOT NULL,
    region                  TEXT        NOT NULL,
    input_cost_per_million  NUMERIC,
    output_cost_per_million NUMERIC,
    rates                   JSONB       NOT NULL,
    free                    BOOLEAN     NOT NULL DEFAULT false,
    effective_date          TIMESTAMPTZ NOT NULL,
    end_date                TIMESTAMPTZ,
    end_recorded_at         TIMESTAMPTZ,
    recorded_at             TIMESTAMPTZ NOT NULL,
    superseded_at           TIMESTAMPTZ,
    evidence                JSONB,
    kind                    TEXT        NOT NULL,
    sync_id                 TEXT        NOT NULL,
    recorded_as             TEXT        NOT NULL,
    revision                BIGINT      NOT NULL,
    closed_by               BIGINT
);

CREATE INDEX pricing_history_model ON pricing_history (provider, model_id, effective_date);
CREATE INDEX pricing_history_dates ON pricing_history (effective_date, end_date);
CREATE UNIQUE INDEX pricing_history_one_in_force
    ON pricing_history (provider, model_id, tier, context_limit, currency, region)
    WHERE end_date IS NULL AND superseded_at IS NULL AND kind <> 'scheduled';

CREATE TABLE pages (
    provider      TEXT        NOT NULL,
    url           TEXT        NOT NULL,
    sha256        TEXT,
    strategy      TEXT,
    checked_at    TIMESTAMPTZ NOT NULL,
    last_verified TIMESTAMPTZ,
    error         TEXT,
    PRIMARY KEY (provider, url)
);

CREATE TABLE page_bodies (
    sha256   TEXT        NOT NULL,
    index    INTEGER     NOT NULL,
    total    INTEGER     NOT NULL,
    data     BYTEA       NOT NULL,
    kept_at  TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (sha256, index)
);

CREATE TABLE sync_status (
    provider          TEXT PRIMARY KEY,
    last_sync         TIMESTAMPTZ,
    next_sync         TIMESTAMPTZ,
    status            TEXT        NOT NULL DEFAULT 'idle' CHECK (status IN ('idle', 'running', 'failed')),
    sync_id           TEXT,
    started_at        TIMESTAMPTZ,
    listed_at         TIMESTAMPTZ,
    listed_sync       TEXT,
    listed_generation INTEGER,
    models_discovered INTEGER     NOT NULL DEFAULT 0,
    models_updated    INTEGER     NOT NULL DEFAULT 0,
    models_deprecated INTEGER     NOT NULL DEFAULT 0,
    pricing_updated   INTEGER     NOT NULL DEFAULT 0,
    errors            JSONB       NOT NULL DEFAULT '[]',
    created_at        TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at        TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE sync_outcomes (
    sync_id           TEXT        NOT NULL,
    provider          TEXT        NOT NULL,
    generation        INTEGER     NOT NULL DEFAULT 0,
    outcome           TEXT CHECK (outcome IN ('joined', 'partial', 'failed')),
    models_discovered INTEGER     NOT NULL DEFAULT 0,
    models_updated    INTEGER     NOT NULL DEFAULT 0,
    models_deprecated INTEGER     NOT NULL DEFAULT 0,
    pricing_updated   INTEGER     NOT NULL DEFAULT 0,
    errors            JSONB       NOT NULL DEFAULT '[]',
    ended_at          TIMESTAMPTZ,
    PRIMARY KEY (sync_id, provider)
);

-- The outcome of a sync as it was last said in sync.completed; its row is the lock under which that is decided.
CREATE TABLE sync_completions (
    sync_id TEXT PRIMARY KEY,
    digest  TEXT        NOT NULL DEFAULT '',
    said_at TIMESTAMPTZ
);

-- Syncs that the API has asked for and the scheduler may not have seen yet.
CREATE TABLE sync_requests (
    sync_id      TEXT PRIMARY KEY,
    providers    TEXT[]      NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL
);

-- What the caches may hold: `version` grows with every change of what readers see, `told` is what Redis has heard.
CREATE TABLE cache_versions (
    name    TEXT PRIMARY KEY,
    version BIGINT NOT NULL DEFAULT 1,
    told    BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE scraping_config (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider   TEXT        NOT NULL UNIQUE,
    config     JSONB       NOT NULL,
    active     BOOLEAN     NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- migrate: rollback
DROP TABLE scraping_config;
DROP TABLE cache_versions;
DROP TABLE sync_requests;
DROP TABLE sync_completions;
DROP TABLE sync_outcomes;
DROP TABLE sync_status;
DROP TABLE page_bodies;
DROP TABLE pages;
DROP TABLE pricing_history;
DROP TABLE scheduled_pricing;
DROP TABLE model_pricing;
DROP TABLE models;
