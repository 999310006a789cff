-- Prices that the operator sets by hand. They hold above the list's, which keeps a history of its own: no sync writes here.
-- depends: 0007-access

-- migrate: apply
CREATE SEQUENCE own_price_numbers;

-- A row is one version of an own price. Nothing of it changes but its state and the time since when it is not believed:
-- another end is another version. Ids are negative, so that none is ever taken for a row of pricing_history.
CREATE TABLE own_prices (
    id             BIGINT GENERATED ALWAYS AS IDENTITY (INCREMENT BY -1) PRIMARY KEY,
    number         BIGINT      NOT NULL,
    kind           TEXT        NOT NULL CHECK (kind IN ('negotiated', 'correction')),
    provider       TEXT        NOT NULL,
    model_id       TEXT        NOT NULL,
    tier           TEXT        NOT NULL,
    context_limit  BIGINT      NOT NULL,
    currency       TEXT        NOT NULL,
    region         TEXT        NOT NULL,
    rates          JSONB       NOT NULL,
    free           BOOLEAN     NOT NULL DEFAULT false,
    effective_date TIMESTAMPTZ NOT NULL,
    end_date       TIMESTAMPTZ,
    recorded_at    TIMESTAMPTZ NOT NULL,
    superseded_at  TIMESTAMPTZ,
    state          TEXT        NOT NULL CHECK (state IN ('scheduled', 'in_force', 'ended', 'withdrawn')),
    evidence       JSONB       NOT NULL,
    note           TEXT        NOT NULL DEFAULT '',
    corrects       JSONB,
    recorded_as    TEXT        NOT NULL,
    recorded_by    TEXT        NOT NULL,
    superseded_by  TEXT,
    reason         TEXT        NOT NULL DEFAULT '',
    revision       BIGINT      NOT NULL,
    CHECK (end_date IS NULL OR end_date > effective_date)
);

CREATE INDEX own_prices_model ON own_prices (provider, model_id, effective_date);
CREATE UNIQUE INDEX own_prices_one_version ON own_prices (number) WHERE superseded_at IS NULL OR state = 'withdrawn';
CREATE INDEX own_prices_living ON own_prices (effective_date) WHERE superseded_at IS NULL AND state <> 'ended';

-- migrate: rollback
DROP TABLE own_prices;
DROP SEQUENCE own_price_numbers;
