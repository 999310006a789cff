-- One role per service with a database: it writes its own tables and reads what decision 0001 lets it read, no more.
-- Run again after every migration, as the owner of the tables. A role cannot log in until somebody lets it.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['ratecard_scheduler', 'ratecard_enricher', 'ratecard_registry'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', service);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ratecard_scheduler, ratecard_enricher, ratecard_registry;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ratecard_scheduler, ratecard_enricher, ratecard_registry;

-- What every service has, and of that its own rows.
GRANT SELECT ON _pogo_migration TO ratecard_scheduler, ratecard_enricher, ratecard_registry;
GRANT SELECT, INSERT, UPDATE, DELETE ON inbox, inbox_forgotten, outbox, outbox_forgotten
    TO ratecard_scheduler, ratecard_enricher, ratecard_registry;
GRANT USAGE ON SEQUENCE outbox_batches TO ratecard_scheduler, ratecard_enricher, ratecard_registry;

DO $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT t.name, t.owned, r.role, r.service
        FROM (VALUES ('inbox', 'split_part(consumer, ''-'', 1)'), ('inbox_forgotten', 'split_part(consumer, ''-'', 1)'),
                     ('outbox', 'split_part(service, ''-'', 1)'), ('outbox_forgotten', 'split_part(service, ''-'', 1)')
             ) AS t (name, owned),
             (VALUES ('ratecard_scheduler', 'scheduler'), ('ratecard_enricher', 'enricher'),
                     ('ratecard_registry', 'registry')) AS r (role, service)
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part.name);
        EXECUTE format('DROP POLICY IF EXISTS %I ON %I', part.role, part.name);
        EXECUTE format('CREATE POLICY %I ON %I TO %I USING (%s = %L)', part.role, part.name, part.role, part.owned,
            part.service);
    END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    syncs, sync_providers, schedule_slots, schedule, provider_failures, troubles
    TO ratecard_scheduler;
GRANT SELECT ON scraping_config TO ratecard_scheduler;

GRANT SELECT, INSERT, UPDATE, DELETE ON joins, join_chunks, join_sides, known_models TO ratecard_enricher;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    model_pricing, scheduled_pricing, pricing_history, quarantine, price_neighbours, price_readings, unmatched,
    page_refusals, pages, page_bodies, sync_status, sync_outcomes, sync_completions, sync_requests, cache_versions,
    cache_changes
    TO ratecard_registry;
-- A model is never taken away (decision 0017), nor what administrators did; of that only how it ended is said later.
GRANT SELECT, INSERT, UPDATE ON models, scraping_config, api_keys, own_prices TO ratecard_registry;
GRANT SELECT, INSERT ON scraping_config_versions, audit_log TO ratecard_registry;
GRANT UPDATE (details, outcome) ON audit_log TO ratecard_registry;
GRANT SELECT, DELETE ON pricing_history_ended_rest TO ratecard_registry;
GRANT SELECT ON syncs, sync_providers, schedule, joins, join_sides TO ratecard_registry;
GRANT USAGE ON SEQUENCE pricing_history_ids, own_price_numbers TO ratecard_registry;
GRANT EXECUTE ON FUNCTION pricing_history_add_year(integer), pricing_history_drop_year(integer, timestamptz)
    TO ratecard_registry;
