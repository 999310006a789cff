
-- name: on_page(provider, ids)$
SELECT count(*) FROM models WHERE provider = :provider AND found_on_page AND id = ANY(:ids::text[]);

-- name: mark_stale(provider, since)$
-- The last good prices of models that this sync did not speak of stay, marked with since when nobody verified them.
WITH marked AS (
    UPDATE models m SET stale_since = :since::timestamptz
    WHERE provider = :provider AND stale_since IS NULL AND applied_at < :since::timestamptz
      AND EXISTS (SELECT FROM model_pricing p WHERE (p.provider, p.model_id) = (m.provider, m.id))
    RETURNING id
)
SELECT count(*) FROM marked;

-- name: save_page(provider, url, sha256, strategy, fetched_at, error)!
INSERT INTO pages AS p (provider, url, sha256, strategy, checked_at, last_verified, error)
VALUES (:provider, :url, :sha256, :strategy, :fetched_at::timestamptz,
        CASE WHEN :error::text IS NULL THEN :fetched_at::timestamptz END, :error::text)
ON CONFLICT (provider, url) DO UPDATE SET
    sha256 = coalesce(EXCLUDED.sha256, p.sha256), strategy = coalesce(EXCLUDED.strategy, p.strategy),
    checked_at = EXCLUDED.checked_at, last_verified = coalesce(EXCLUDED.last_verified, p.last_verified),
    error = EXCLUDED.error
WHERE p.checked_at <= EXCLUDED.checked_at;

-- name: keep_body(sha256, index, total, data, kept_at)!
INSERT INTO page_bodies AS b (sha256, index, total, data, kept_at) VALUES (:sha256, :index, :total, :data, :kept_at)
ON CONFLICT (sha256, index) DO UPDATE SET kept_at = greatest(b.kept_at, EXCLUDED.kept_at);


-- name: began(provider, sync_id, started_at)!
-- The end of this very sync may have been applied before the news of its start.
INSERT INTO sync_status AS s (provider, status, sync_id, started_at)
VALUES (:provider, 'running', :sync_id, :started_at)
ON CONFLICT (provider) DO UPDATE SET
    status = 'running', sync_id = EXCLUDED.sync_id, started_at = EXCLUDED.started_at, updated_at = now()
WHERE s.started_at IS NULL OR s.started_at < EXCLUDED.started_at;

-- name: ended(provider, sync_id, generation, outcome, discovered, held, errors, ended_at, started_at, status)!
-- The provider's outcome in this sync, then its status with what was counted.
WITH ended AS (
    INSERT INTO sync_outcomes (sync_id, provider, generation, outcome, models_discovered, pricing_held, errors, ended_at)
    VALUES (:sync_id, :provider, :generation, :outcome, :discovered, :held, :errors, :ended_at::timestamptz)
    ON CONFLICT (sync_id, provider) DO UPDATE SET
        generation = EXCLUDED.generation, outcome = EXCLUDED.outcome, models_discovered = EXCLUDED.models_discovered,
        pricing_held = EXCLUDED.pricing_held, errors = EXCLUDED.errors, ended_at = EXCLUDED.ended_at
    RETURNING *
)
INSERT INTO sync_status AS s (provider, status, sync_id, started_at, last_sync, next_sync, models_discovered,
    models_updated, models_deprecated, pricing_updated, errors)
SELECT provider, :status::text, sync_id, :started_at::timestamptz, CASE WHEN :status::text = 'idle' THEN ended_at END,
    (SELECT next_slot FROM schedule), models_discovered, models_updated, models_deprecated, pricing_updated, errors
FROM ended
ON CONFLICT (provider) DO UPDATE SET
    status = EXCLUDED.status, sync_id = EXCLUDED.sync_id, started_at = EXCLUDED.started_at,
    last_sync = coalesce(EXCLUDED.last_sync, s.last_sync), next_sync = EXCLUDED.next_sync,
    models_discovered = EXCLUDED.models_discovered, models_updated = EXCLUDED.models_updated,
    models_deprecated = EXCLUDED.models_deprecated, pricing_updated = EXCLUDED.pricing_updated,
    errors = EXCLUDED.errors, updated_at = now()
WHERE s.started_at IS NULL OR s.started_at <= EXCLUDED.started_at;

-- name: listed_by(provider, sync_id, started_at, generation)!
UPDATE sync_status SET listed_at = :started_at::timestamptz, listed_sync = :sync_id::text, listed_generation = :generation::integer
WHERE provider = :provider
  AND (listed_at IS NULL
       OR (listed_at, listed_sync, listed_generation) < (:started_at::timestamptz, :sync_id::text, :generation::integer));

-- name: lock_completion(sync_id)$
-- What was said last, empty for nothing. The row is held until the commit: outcomes are read after that.
INSERT INTO sync_completions AS c (sync_id) VALUES (:sync_id)
ON CONFLICT (sync_id) DO UPDATE SET sync_id = c.sync_id RETURNING digest;

-- name: outcomes(sync_id)
SELECT p.provider, o.outcome, o.models_discovered, o.models_updated, o.models_deprecated, o.pricing_updated,
    o.pricing_held, o.errors
FROM sync_providers p LEFT JOIN sync_outcomes o ON (o.sync_id, o.provider) = (p.sync_id, p.provider)
WHERE p.sync_id = :sync_id AND p.joined_sync_id IS NULL ORDER BY p.provider;

-- name: completed(sync_id, digest, said_at)!
UPDATE sync_completions SET digest = :digest, said_at = :said_at WHERE sync_id = :sync_id;
