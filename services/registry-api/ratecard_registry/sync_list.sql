-- name: recent(provider, before, before_id, most)
SELECT sync_id, requested_by, reason, state, error, requested_at, started_at, deadline FROM syncs s
WHERE (:before::timestamptz IS NULL OR (started_at, sync_id) < (:before::timestamptz, :before_id::text))
  AND (:provider::text IS NULL
       OR EXISTS (SELECT FROM sync_providers p WHERE p.sync_id = s.sync_id AND p.provider = :provider::text))
ORDER BY started_at DESC, sync_id DESC LIMIT :most;

-- name: sync(sync_id)^
SELECT sync_id, requested_by, reason, state, error, requested_at, started_at, deadline FROM syncs
WHERE sync_id = :sync_id;

-- name: providers_of(sync_ids)
-- How far a provider is stands in the enricher's join: which sides have spoken, and whether it is closed.
SELECT p.sync_id, p.provider, p.joined_sync_id, o.outcome, o.models_discovered, o.models_updated, o.models_deprecated,
    o.pricing_updated, o.pricing_held, o.errors, o.ended_at, coalesce(j.closed, false) AS closed,
    ARRAY(SELECT side FROM join_sides s
          WHERE s.sync_id = coalesce(p.joined_sync_id, p.sync_id) AND s.provider = p.provider) AS sides
FROM sync_providers p
LEFT JOIN sync_outcomes o ON o.provider = p.provider AND o.sync_id = coalesce(p.joined_sync_id, p.sync_id)
LEFT JOIN joins j ON j.provider = p.provider AND j.sync_id = coalesce(p.joined_sync_id, p.sync_id)
WHERE p.sync_id = ANY(:sync_ids::text[]) ORDER BY p.sync_id, p.provider;
