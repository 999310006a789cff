-- name: lock_providers(providers)!
-- One writer per provider at a time, in a fixed order: rows that do not exist yet cannot be locked.
SELECT pg_advisory_xact_lock(hashtext('registry'), hashtext(provider))
FROM (SELECT unnest(:providers::text[]) AS provider ORDER BY 1) AS ordered;

-- name: lock_models(providers, ids)
-- Few models have announced or own prices: those that have none are not asked for them.
SELECT m.*,
    EXISTS (SELECT FROM scheduled_pricing p WHERE (p.provider, p.model_id) = (m.provider, m.id)) AS has_announced,
    EXISTS (SELECT FROM own_prices o WHERE (o.provider, o.model_id) = (m.provider, m.id)) AS has_own
FROM models m
WHERE (m.provider, m.id) IN (SELECT * FROM unnest(:providers::text[], :ids::text[]))
ORDER BY m.provider, m.id FOR UPDATE;

-- name: pass_unchanged(provider, ids, digests, applied_at, applied_sync, applied_generation)
-- Move on the models of which an event says what is stored, and nothing is left to happen to them. What was written since
-- the sync began is looked at in full: its neighbours are compared with what was in force before.
UPDATE models m SET applied_at = :applied_at, applied_sync = :applied_sync, applied_generation = :applied_generation
FROM unnest(:ids::text[], :digests::text[]) AS r (id, digest)
WHERE m.provider = :provider AND m.id = r.id AND m.settled = m.revision || ':' || r.digest
  AND m.stale_since IS NULL AND m.applied_at < :applied_at::timestamptz AND m.updated_at < :applied_at::timestamptz
  AND NOT EXISTS (SELECT FROM quarantine q WHERE q.provider = m.provider AND q.model_id = m.id AND q.open)
RETURNING m.id;

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

-- name: page_models(provider, names)
SELECT id, display_name FROM models
WHERE provider = :provider AND found_on_page AND merged_into IS NULL
  AND (id = ANY(:names::text[]) OR display_name = ANY(:names::text[]));

-- name: listed(providers)
SELECT provider, listed_at, listed_sync, listed_generation FROM sync_status
WHERE provider = ANY(:providers::text[]) AND listed_at IS NOT NULL;

-- name: before_closing(provider, sync_id, model_ids)^
-- What a closing is about: the newest generation of its join that was closed, the models that are not on its list and
-- not deprecated yet, and those with prices that the sync did not show.
SELECT
    (SELECT generation FROM sync_outcomes
     WHERE sync_id = :sync_id AND provider = :provider AND outcome IS NOT NULL) AS generation,
    ARRAY(SELECT id FROM models
          WHERE provider = :provider AND usability <> 'deprecated' AND merged_into IS NULL
            AND id <> ALL(:model_ids::text[])) AS absent,
    ARRAY(SELECT p.model_id FROM model_pricing p JOIN models m ON (m.provider, m.id) = (p.provider, p.model_id)
          WHERE p.provider = :provider
            AND (p.absent_in = :sync_id OR (m.found_on_page AND m.id <> ALL(:model_ids::text[])))
          UNION
          SELECT model_id FROM scheduled_pricing
          WHERE provider = :provider AND absent_in = :sync_id) AS to_judge;

-- name: due(now)
SELECT provider, model_id AS id FROM scheduled_pricing
WHERE effective_date <= :now AND missed_in = '{}' AND absent_in = ''
UNION
SELECT provider, model_id FROM model_pricing WHERE effective_until < (:now AT TIME ZONE 'UTC')::date;

-- name: save_models(rows)!
INSERT INTO models
SELECT r.* FROM jsonb_populate_recordset(NULL::models, :rows::jsonb) AS r
ON CONFLICT (provider, id) DO UPDATE SET
    display_name = EXCLUDED.display_name, classification = EXCLUDED.classification,
    context_window = EXCLUDED.context_window, max_output_tokens = EXCLUDED.max_output_tokens,
    usability = EXCLUDED.usability, capabilities = EXCLUDED.capabilities, aliases = EXCLUDED.aliases,
    found_on_page = EXCLUDED.found_on_page, shutdown_date = EXCLUDED.shutdown_date, match = EXCLUDED.match,
    stale_since = EXCLUDED.stale_since, revision = EXCLUDED.revision, updated_at = EXCLUDED.updated_at,
    deprecated_at = EXCLUDED.deprecated_at, merged_into = EXCLUDED.merged_into, settled = EXCLUDED.settled,
    applied_at = EXCLUDED.applied_at, applied_sync = EXCLUDED.applied_sync, applied_generation = EXCLUDED.applied_generation;

-- name: touch_models(provider, ids, settled, applied_at, applied_sync, applied_generation)!
UPDATE models m SET settled = r.settled, applied_at = :applied_at, applied_sync = :applied_sync,
    applied_generation = :applied_generation
FROM unnest(:ids::text[], :settled::text[]) AS r (id, settled) WHERE m.provider = :provider AND m.id = r.id;

-- name: drop_prices(rows)!
DELETE FROM model_pricing p USING jsonb_populate_recordset(NULL::model_pricing, :rows::jsonb) AS r
WHERE (p.provider, p.model_id, p.tier, p.context_limit, p.currency, p.region)
    = (r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region);

-- name: save_prices(rows)!
INSERT INTO model_pricing
SELECT r.* FROM jsonb_populate_recordset(NULL::model_pricing, :rows::jsonb) AS r
ON CONFLICT (provider, model_id, tier, context_limit, currency, region) DO UPDATE SET
    input_cost_per_million = EXCLUDED.input_cost_per_million,
    output_cost_per_million = EXCLUDED.output_cost_per_million, rates = EXCLUDED.rates, free = EXCLUDED.free,
    effective_date = EXCLUDED.effective_date, effective_until = EXCLUDED.effective_until,
    evidence = EXCLUDED.evidence, missed_in = EXCLUDED.missed_in, absent_in = EXCLUDED.absent_in,
    sync_id = EXCLUDED.sync_id;

-- name: drop_announced(rows)!
DELETE FROM scheduled_pricing p USING jsonb_populate_recordset(NULL::scheduled_pricing, :rows::jsonb) AS r
WHERE (p.provider, p.model_id, p.tier, p.context_limit, p.currency, p.region, p.effective_date)
    = (r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region, r.effective_date);

-- name: save_announced(rows)!
INSERT INTO scheduled_pricing
SELECT r.* FROM jsonb_populate_recordset(NULL::scheduled_pricing, :rows::jsonb) AS r
ON CONFLICT (provider, model_id, tier, context_limit, currency, region, effective_date) DO UPDATE SET
    input_cost_per_million = EXCLUDED.input_cost_per_million,
    output_cost_per_million = EXCLUDED.output_cost_per_million, rates = EXCLUDED.rates, free = EXCLUDED.free,
    effective_until = EXCLUDED.effective_until, evidence = EXCLUDED.evidence, missed_in = EXCLUDED.missed_in,
    absent_in = EXCLUDED.absent_in, sync_id = EXCLUDED.sync_id;

-- name: end_history(rows)!
-- The provider stopped charging this price: the row keeps all it said, and gains its end. That moves it to the partition
-- of the year in which it ended. Rows are looked up by their keys, then by their ids: left to itself, PostgreSQL
-- compares each with all of them as long as it has no statistics.
WITH said AS MATERIALIZED (
    SELECT r.end_date, r.end_recorded_at, r.closed_by, o.id
    FROM jsonb_populate_recordset(NULL::pricing_history, :rows::jsonb) AS r CROSS JOIN LATERAL (
        SELECT o.id FROM pricing_history o
        WHERE (o.provider, o.model_id, o.tier, o.context_limit, o.currency, o.region)
            = (r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region)
          AND o.end_date IS NULL AND o.superseded_at IS NULL AND o.kind <> 'scheduled' LIMIT 1
    ) o
)
UPDATE pricing_history h SET end_date = r.end_date, end_recorded_at = r.end_recorded_at, closed_by = r.closed_by
FROM said r WHERE h.id = ANY(ARRAY(SELECT id FROM said)) AND h.id = r.id AND h.end_date IS NULL;

-- name: supersede_history(rows)!
-- Ratecard stopped believing this row: it was misread, or announced and since fulfilled, replaced or taken back.
WITH said AS MATERIALIZED (
    SELECT r.superseded_at, r.closed_by, o.id
    FROM jsonb_populate_recordset(NULL::pricing_history, :rows::jsonb) AS r CROSS JOIN LATERAL (
        SELECT o.id FROM pricing_history o
        WHERE (o.provider, o.model_id, o.tier, o.context_limit, o.currency, o.region)
            = (r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region)
          AND o.end_date IS NULL AND o.superseded_at IS NULL
          AND CASE r.kind WHEN 'scheduled' THEN o.kind = 'scheduled' AND o.effective_date = r.effective_date
              ELSE o.kind <> 'scheduled' END
        OFFSET 0
    ) o
)
UPDATE pricing_history h SET superseded_at = r.superseded_at, closed_by = r.closed_by
FROM said r WHERE h.id = ANY(ARRAY(SELECT id FROM said)) AND h.id = r.id AND h.end_date IS NULL;

-- name: last_ends(providers, ids)
-- When the last recorded price of each key ended, where any has.
SELECT h.provider, h.model_id, h.tier, h.context_limit, h.currency, h.region, max(h.end_date) AS ended
FROM pricing_history h
WHERE (h.provider, h.model_id) IN (SELECT * FROM unnest(:providers::text[], :ids::text[]))
  AND h.end_date IS NOT NULL AND h.superseded_at IS NULL AND h.kind <> 'imported'
GROUP BY h.provider, h.model_id, h.tier, h.context_limit, h.currency, h.region;

-- name: add_history(rows)!
INSERT INTO pricing_history (provider, model_id, tier, context_limit, currency, region, input_cost_per_million,
    output_cost_per_million, rates, free, effective_date, recorded_at, evidence, kind, sync_id, recorded_as, revision)
SELECT r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region, r.input_cost_per_million,
    r.output_cost_per_million, r.rates, r.free, r.effective_date, r.recorded_at, r.evidence, r.kind, r.sync_id,
    r.model_id, r.revision
FROM jsonb_populate_recordset(NULL::pricing_history, :rows::jsonb) AS r ORDER BY r.provider, r.model_id, r.revision;

-- name: supersede_imported(rows)!
-- What was imported ends where the first recorded price begins: nothing imported is believed of a time after that.
UPDATE pricing_history h SET superseded_at = r.recorded_at
FROM jsonb_populate_recordset(NULL::pricing_history, :rows::jsonb) AS r
WHERE (h.provider, h.model_id, h.tier, h.context_limit, h.currency, h.region)
    = (r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region)
  AND h.effective_date >= r.effective_date AND h.kind = 'imported' AND h.superseded_at IS NULL;

-- name: move_history(provider, page_name, model_id)!
UPDATE pricing_history SET model_id = :model_id WHERE provider = :provider AND model_id = :page_name;

-- name: count_in_outcome(sync_id, provider, updated, deprecated, pricing)!
INSERT INTO sync_outcomes (sync_id, provider, models_updated, models_deprecated, pricing_updated)
VALUES (:sync_id, :provider, :updated, :deprecated, :pricing)
ON CONFLICT (sync_id, provider) DO UPDATE SET
    models_updated = sync_outcomes.models_updated + EXCLUDED.models_updated,
    models_deprecated = sync_outcomes.models_deprecated + EXCLUDED.models_deprecated,
    pricing_updated = sync_outcomes.pricing_updated + EXCLUDED.pricing_updated;

-- name: bump_versions(rows)!
-- Those who listen hear of it when this is committed. What the last 64 versions changed is kept for them.
WITH outdated AS (
    SELECT r.* FROM jsonb_to_recordset(:rows::jsonb) AS r (name text, ids text[])
), bumped AS (
    INSERT INTO cache_versions (name) SELECT name FROM outdated ORDER BY name
    ON CONFLICT (name) DO UPDATE SET version = cache_versions.version + 1 RETURNING name, version
), noted AS (
    INSERT INTO cache_changes (name, version, ids) SELECT name, version, ids FROM bumped JOIN outdated USING (name)
), forgotten AS (
    DELETE FROM cache_changes c USING bumped b WHERE c.name = b.name AND c.version <= b.version - 64
)
SELECT pg_notify('ratecard_versions', string_agg(name, ' ')) FROM bumped;
