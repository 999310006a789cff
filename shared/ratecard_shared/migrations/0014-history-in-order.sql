-- Pages of the history and prices in force are read in the order of an index, and counted in it, however long it is.
-- depends: 0013-price-readings

-- migrate: apply
DROP INDEX pricing_history_model, pricing_history_key;
CREATE INDEX pricing_history_model ON pricing_history (provider, model_id, effective_date, id)
    INCLUDE (recorded_at, superseded_at, end_date, end_recorded_at);
CREATE INDEX pricing_history_key ON pricing_history
    (provider, model_id, tier, context_limit, currency, region, effective_date, recorded_at, id) INCLUDE (end_date);

-- A model has one provider. Not knowing that, the planner expects one row of a model, and sorts hundreds.
DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT relid FROM pg_partition_tree('pricing_history') WHERE isleaf LOOP
        EXECUTE format('CREATE STATISTICS %I (dependencies) ON provider, model_id FROM %s', part || '_stat', part);
    END LOOP;
END
$$;

-- migrate: rollback
DO $$
DECLARE found name;
BEGIN
    FOR found IN SELECT stxname FROM pg_statistic_ext
        WHERE stxrelid IN (SELECT relid FROM pg_partition_tree('pricing_history')) LOOP
        EXECUTE format('DROP STATISTICS %I', found);
    END LOOP;
END
$$;

DROP INDEX pricing_history_model, pricing_history_key;
CREATE INDEX pricing_history_model ON pricing_history (provider, model_id, effective_date);
CREATE INDEX pricing_history_key ON pricing_history
    (provider, model_id, tier, context_limit, currency, region, effective_date) INCLUDE (end_date);
