-- name: add_models(models, providers)!
INSERT INTO models (provider, id, display_name, usability, discovered_at, updated_at, applied_at, applied_sync,
    applied_generation)
SELECT 'p' || m % :providers::integer, 'model-' || m, 'Model ' || m, 'available', '2022-01-01Z', '2022-01-01Z',
    '2022-01-01Z', 's', 1
FROM generate_series(0, :models::integer - 1) AS m;

-- name: add_versions()!
INSERT INTO cache_versions (name) SELECT DISTINCT 'models:' || provider FROM models;

-- name: indexes()
-- Told of a parent alone, it would be made of no partition.
SELECT replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS made_by, i.indexrelid::regclass::text AS name
FROM pg_index i WHERE i.indrelid = 'pricing_history'::regclass;

-- name: add_history(changes, span)!
-- Four prices per model, each of which changed so many times in the span, the last still in force.
WITH steps AS (
    SELECT c, '2022-01-01Z'::timestamptz + c * :span::interval / :changes::integer AS begins,
        CASE WHEN c + 1 < :changes THEN '2022-01-01Z'::timestamptz + (c + 1) * :span / :changes END AS ends
    FROM generate_series(0, :changes - 1) AS c
)
INSERT INTO pricing_history (provider, model_id, tier, context_limit, currency, region, rates, effective_date, end_date,
    end_recorded_at, recorded_at, evidence, kind, sync_id, recorded_as, revision)
SELECT m.provider, m.id, k.tier, k.above, 'USD', 'global', jsonb_build_object('input', 1 + c, 'output', 2 + c),
    begins, ends, ends, begins, jsonb_build_object('url', 'https://prices.example/pricing', 'sha256', md5(m.id || c) || md5(m.id),
        'fetched_at', begins, 'strategy', 'table', 'text', m.display_name || ' $' || c),
    'changed', 's', m.id, c
FROM steps CROSS JOIN models m CROSS JOIN (VALUES ('standard', 0), ('standard', 200000), ('batch', 0), ('batch', 200000))
    AS k (tier, above);

-- name: add_prices()!
INSERT INTO model_pricing (provider, model_id, tier, context_limit, currency, region, rates, effective_date, evidence,
    sync_id)
SELECT provider, model_id, tier, context_limit, currency, region, rates, effective_date, evidence, sync_id
FROM pricing_history WHERE end_date IS NULL;
