-- name: models()
SELECT provider, usability, count(*) AS models FROM models WHERE merged_into IS NULL
GROUP BY provider, usability ORDER BY provider, usability;

-- name: classifications()
SELECT c.classification, count(*) AS models FROM models m CROSS JOIN LATERAL unnest(m.classification) AS c (classification)
WHERE m.merged_into IS NULL AND m.usability <> 'deprecated' GROUP BY c.classification ORDER BY c.classification;

-- name: prices()
SELECT p.provider, count(*) AS prices,
    avg(p.input_cost_per_million) FILTER (WHERE plain)::float8 AS input,
    avg(p.output_cost_per_million) FILTER (WHERE plain)::float8 AS output
FROM (
    SELECT *, tier = 'standard' AND context_limit = 0 AND currency = 'USD' AND region = 'global' AS plain FROM model_pricing
) AS p GROUP BY p.provider ORDER BY p.provider;

-- name: verified()
-- A provider's prices are as old as the page of theirs that was read well the longest time ago.
SELECT p.provider, extract(epoch FROM min(coalesce(g.last_verified, (p.evidence->>'fetched_at')::timestamptz)))::float8 AS at
FROM model_pricing p LEFT JOIN pages g ON g.provider = p.provider AND g.url = p.evidence->>'url'
WHERE p.evidence IS NOT NULL GROUP BY p.provider ORDER BY p.provider;

-- name: held()
SELECT provider, count(*) AS held FROM quarantine WHERE state = 'held' GROUP BY provider ORDER BY provider;

-- name: syncs()
SELECT provider, models_discovered, extract(epoch FROM last_sync)::float8 AS last_sync FROM sync_status ORDER BY provider;

-- name: next_slot()$
SELECT extract(epoch FROM next_slot)::float8 FROM schedule;
