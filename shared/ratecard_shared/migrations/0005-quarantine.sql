-- Prices that are held back until somebody decides, and what pages said that no model or price came of.
-- depends: 0004-registry

-- migrate: apply
CREATE TABLE quarantine (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider       TEXT        NOT NULL,
    model_id       TEXT        NOT NULL,
    tier           TEXT        NOT NULL,
    context_limit  BIGINT      NOT NULL,
    currency       TEXT        NOT NULL,
    region         TEXT        NOT NULL,
    effective_from DATE,
    held           JSONB       NOT NULL,
    old            JSONB,
    kind           TEXT        NOT NULL,
    reason         TEXT        NOT NULL,
    suspicions     JSONB       NOT NULL,
    undecided      BOOLEAN     NOT NULL DEFAULT false,
    seen_in        TEXT[]      NOT NULL,
    first_seen_at  TIMESTAMPTZ NOT NULL,
    state          TEXT        NOT NULL
        CHECK (state IN ('held', 'approved', 'rejected', 'released', 'withdrawn')),
    open           BOOLEAN     NOT NULL DEFAULT true,
    alerted        BOOLEAN     NOT NULL DEFAULT false,
    note           TEXT        NOT NULL DEFAULT '',
    decided_by     TEXT,
    decided_at     TIMESTAMPTZ
);

-- One value at a time keeps its row out of force: held, or rejected and still said by its page.
CREATE UNIQUE INDEX quarantine_open ON quarantine
    (provider, model_id, tier, context_limit, currency, region, coalesce(effective_from, '-infinity'))
    WHERE open;
CREATE INDEX quarantine_state ON quarantine (state, provider, id);

-- What the newest sync of a provider is compared with: the prices in force before it, and what it read that differs.
CREATE TABLE price_neighbours (
    provider   TEXT PRIMARY KEY,
    sync_id    TEXT        NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    before     JSONB       NOT NULL,
    read       JSONB       NOT NULL
);

-- What a provider's last good list of prices left over: names without a model, models without a price.
CREATE TABLE unmatched (
    provider       TEXT PRIMARY KEY,
    sync_id        TEXT        NOT NULL,
    started_at     TIMESTAMPTZ NOT NULL,
    names          TEXT[]      NOT NULL,
    unpriced_ids   TEXT[]      NOT NULL
);

-- Pieces of pages that looked like prices and were not taken.
CREATE TABLE page_refusals (
    provider      TEXT        NOT NULL,
    text          TEXT        NOT NULL,
    reason        TEXT        NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    last_seen_at  TIMESTAMPTZ NOT NULL,
    sync_id       TEXT        NOT NULL
);

CREATE UNIQUE INDEX page_refusals_piece ON page_refusals (provider, md5(text), md5(reason));

-- migrate: rollback
DROP TABLE page_refusals;
DROP TABLE unmatched;
DROP TABLE price_neighbours;
DROP TABLE quarantine;
