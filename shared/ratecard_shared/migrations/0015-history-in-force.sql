-- Prices in force at a time are found by when they ended as well, in the index alone: what was over is not looked at.
-- depends: 0014-history-in-order

-- migrate: apply
DROP INDEX pricing_history_model;
CREATE INDEX pricing_history_model ON pricing_history (provider, model_id, effective_date, id, end_date)
    INCLUDE (recorded_at, superseded_at, end_recorded_at);

-- migrate: rollback
DROP INDEX pricing_history_model;
CREATE INDEX pricing_history_model ON pricing_history (provider, model_id, effective_date, id)
    INCLUDE (recorded_at, superseded_at, end_date, end_recorded_at);
