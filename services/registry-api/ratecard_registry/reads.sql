-- name: versions(known)
-- Each version, and what it changed since that one of its name in `known`, where both are given: one row per change.
SELECT v.name, v.version, v.told, c.version AS changed_in, c.ids
FROM cache_versions v
LEFT JOIN cache_changes c ON c.name = v.name AND c.version > (:known::jsonb ->> v.name)::bigint
ORDER BY v.name, c.version;

-- name: told(names, versions)!
-- Rows are locked in the order in which commits bump them: two processes that tell at once do not wait for each other.
WITH locked AS MATERIALIZED (
    SELECT name FROM cache_versions WHERE name = ANY(:names::text[]) ORDER BY name FOR UPDATE
)
UPDATE cache_versions c SET told = t.version
FROM unnest(:names::text[], :versions::bigint[]) AS t (name, version)
WHERE c.name = t.name AND c.told < t.version AND c.name = ANY(ARRAY(SELECT name FROM locked));

-- name: ids_of(provider)
SELECT id FROM models WHERE provider = :provider AND merged_into IS NULL ORDER BY id;

-- name: models(providers, ids)
SELECT m.* FROM models m
WHERE (m.provider, m.id) IN (SELECT * FROM unnest(:providers::text[], :ids::text[])) ORDER BY m.provider, m.id;

-- name: prices_of(providers, ids)
SELECT p.* FROM model_pricing p
WHERE (p.provider, p.model_id) IN (SELECT * FROM unnest(:providers::text[], :ids::text[]));

-- name: announced_of(providers, ids)
SELECT p.* FROM scheduled_pricing p
WHERE (p.provider, p.model_id) IN (SELECT * FROM unnest(:providers::text[], :ids::text[]));

-- name: own_of(providers, ids)
-- The operator's prices that are in force or scheduled, by what was last said of them.
SELECT o.* FROM own_prices o
WHERE (o.provider, o.model_id) IN (SELECT * FROM unnest(:providers::text[], :ids::text[]))
  AND o.superseded_at IS NULL AND o.state <> 'ended';

-- name: merged(id)
SELECT provider, merged_into FROM models WHERE id = :id AND merged_into IS NOT NULL;

-- name: counts()
SELECT m.provider, count(*) FILTER (WHERE m.usability <> 'deprecated') AS models,
    count(*) FILTER (WHERE m.usability = 'deprecated') AS deprecated,
    count(*) FILTER (WHERE m.usability <> 'deprecated' AND EXISTS (
        SELECT FROM model_pricing p WHERE (p.provider, p.model_id) = (m.provider, m.id))) AS priced
FROM models m WHERE m.merged_into IS NULL GROUP BY m.provider;

-- name: pages()
SELECT provider, url, checked_at, last_verified, error FROM pages ORDER BY provider, url;

-- name: statuses()
SELECT s.provider, s.status, s.last_sync, s.sync_id, s.models_discovered, s.models_updated, s.models_deprecated,
    s.pricing_updated, s.errors
FROM sync_status s ORDER BY s.provider;

-- name: next_slot()$
SELECT next_slot FROM schedule;

-- name: request(sync_id)^
SELECT requested_at, providers FROM sync_requests WHERE sync_id = :sync_id;

-- name: add_request(sync_id, providers, requested_at)!
WITH forgotten AS (DELETE FROM sync_requests WHERE requested_at < :requested_at::timestamptz - interval '7 days')
INSERT INTO sync_requests (sync_id, providers, requested_at) VALUES (:sync_id, :providers, :requested_at::timestamptz)
ON CONFLICT DO NOTHING;
