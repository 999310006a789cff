-- name: in_force(providers, ids, first, last, now)
-- Every price row of these models that is in force between the two times, as it is believed today.
-- An announcement counts for a time to come only: whether it came into force is a row of its own. The operator's own
-- prices stand beside those of the list: which is charged is decided by whoever asks.
WITH wanted AS (
    SELECT DISTINCT provider, model_id FROM unnest(:providers::text[], :ids::text[]) AS w (provider, model_id)
), found AS (
    SELECT h.* FROM wanted w JOIN pricing_history h ON (h.provider, h.model_id) = (w.provider, w.model_id)
    WHERE h.end_date IS NULL AND h.effective_date <= :last AND h.superseded_at IS NULL
      AND (h.kind <> 'scheduled' OR h.effective_date > :now)
    UNION ALL
    SELECT h.* FROM wanted w JOIN pricing_history h ON (h.provider, h.model_id) = (w.provider, w.model_id)
    WHERE h.end_date > :first AND h.effective_date <= :last AND h.superseded_at IS NULL
      AND (h.kind <> 'scheduled' OR h.effective_date > :now)
)
SELECT f.id, f.provider, f.model_id, f.tier, f.context_limit, f.currency, f.region, f.rates, f.free, f.effective_date,
    f.evidence, f.sync_id, f.kind, f.recorded_at, p.effective_until, '{}'::text[] AS missed_in, '' AS absent_in,
    coalesce(f.end_date, (p.effective_until + 1)::timestamp AT TIME ZONE 'UTC') AS end_date,
    m.stale_since, NULL::bigint AS number, '' AS note, NULL::jsonb AS corrects, '' AS state
FROM found f
-- One look-up by its key for each row found: a join would read all prices of all models.
LEFT JOIN LATERAL (
    SELECT m.stale_since FROM models m WHERE (m.provider, m.id) = (f.provider, f.model_id) LIMIT 1
) m ON true
LEFT JOIN LATERAL (
    SELECT p.effective_until FROM model_pricing p
    WHERE f.end_date IS NULL AND f.kind <> 'scheduled'
      AND (p.provider, p.model_id, p.tier, p.context_limit, p.currency, p.region, p.effective_date)
        = (f.provider, f.model_id, f.tier, f.context_limit, f.currency, f.region, f.effective_date)
    LIMIT 1
) p ON true
UNION ALL
SELECT o.id, o.provider, o.model_id, o.tier, o.context_limit, o.currency, o.region, o.rates, o.free, o.effective_date,
    o.evidence, '', o.kind, o.recorded_at, NULL, '{}', '', o.end_date, NULL, o.number, o.note, o.corrects, o.state
FROM wanted w JOIN own_prices o ON (o.provider, o.model_id) = (w.provider, w.model_id)
WHERE o.effective_date <= :last AND (o.end_date IS NULL OR o.end_date > :first) AND o.superseded_at IS NULL
ORDER BY effective_date, recorded_at, id;

-- name: believed(providers, ids, first, last, known)
-- The same as it was believed at `known`. An end that was not known then does not count, so what ended may have been
-- in force: of each key the row that had begun by the first, found through the index key by key, and all begun since.
WITH RECURSIVE wanted AS (
    SELECT DISTINCT provider, model_id FROM unnest(:providers::text[], :ids::text[]) AS w (provider, model_id)
), keys AS (
    SELECT w.provider, w.model_id, k.tier, k.context_limit, k.currency, k.region
    FROM wanted w CROSS JOIN LATERAL (
        SELECT h.tier, h.context_limit, h.currency, h.region FROM pricing_history h
        WHERE (h.provider, h.model_id) = (w.provider, w.model_id)
        ORDER BY h.tier, h.context_limit, h.currency, h.region LIMIT 1
    ) k
    UNION ALL
    SELECT p.provider, p.model_id, k.tier, k.context_limit, k.currency, k.region
    FROM keys p CROSS JOIN LATERAL (
        SELECT h.tier, h.context_limit, h.currency, h.region FROM pricing_history h
        WHERE (h.provider, h.model_id) = (p.provider, p.model_id)
          AND (h.tier, h.context_limit, h.currency, h.region) > (p.tier, p.context_limit, p.currency, p.region)
        ORDER BY h.tier, h.context_limit, h.currency, h.region LIMIT 1
    ) k
), found AS (
    SELECT b.* FROM keys k CROSS JOIN LATERAL (
        SELECT h.* FROM pricing_history h
        WHERE (h.provider, h.model_id, h.tier, h.context_limit, h.currency, h.region)
            = (k.provider, k.model_id, k.tier, k.context_limit, k.currency, k.region)
          AND h.effective_date <= :first AND h.recorded_at <= :known
          AND (h.superseded_at IS NULL OR h.superseded_at > :known)
          AND (h.kind <> 'scheduled' OR h.effective_date > :known)
        ORDER BY h.effective_date DESC, h.recorded_at DESC, h.id DESC LIMIT 1
    ) b
    UNION ALL
    SELECT h.* FROM wanted w JOIN pricing_history h ON (h.provider, h.model_id) = (w.provider, w.model_id)
    WHERE h.effective_date > :first AND h.effective_date <= :last AND h.recorded_at <= :known
      AND (h.superseded_at IS NULL OR h.superseded_at > :known)
      AND (h.kind <> 'scheduled' OR h.effective_date > :known)
)
SELECT f.id, f.provider, f.model_id, f.tier, f.context_limit, f.currency, f.region, f.rates, f.free, f.effective_date,
    f.evidence, f.sync_id, f.kind, f.recorded_at, NULL::date AS effective_until, '{}'::text[] AS missed_in,
    '' AS absent_in, CASE WHEN f.end_recorded_at <= :known THEN f.end_date END AS end_date,
    NULL::timestamptz AS stale_since, NULL::bigint AS number, '' AS note, NULL::jsonb AS corrects, '' AS state
FROM found f
UNION ALL
SELECT o.id, o.provider, o.model_id, o.tier, o.context_limit, o.currency, o.region, o.rates, o.free, o.effective_date,
    o.evidence, '', o.kind, o.recorded_at, NULL, '{}', '', o.end_date, NULL, o.number, o.note, o.corrects, o.state
FROM wanted w JOIN own_prices o ON (o.provider, o.model_id) = (w.provider, w.model_id)
WHERE o.effective_date <= :last AND (o.end_date IS NULL OR o.end_date > :first) AND o.recorded_at <= :known
  AND (o.superseded_at IS NULL OR o.superseded_at > :known)
ORDER BY effective_date, recorded_at, id;

-- name: history(provider, model_id, start, until, at, known, after, after_id, most)
-- What was believed at `known`, of the list and of the operator: rows that were misread or withdrawn, and announcements
-- since fulfilled, are left out. Each part gives no more than the page needs, so that it is read in order of its index.
WITH found AS (
    (SELECT h.id, h.provider, h.model_id, h.recorded_as, h.kind, h.input_cost_per_million, h.output_cost_per_million,
        h.tier, h.context_limit, h.currency, h.region, h.free, h.rates, h.effective_date,
        CASE WHEN h.end_recorded_at <= :known THEN h.end_date END AS end_date, h.recorded_at, h.superseded_at,
        h.sync_id, h.revision, h.evidence, NULL::bigint AS number, '' AS note, NULL::jsonb AS corrects, '' AS state
    FROM pricing_history h
    WHERE h.provider = :provider AND h.model_id = :model_id
      AND h.effective_date BETWEEN :start AND :until
      AND h.recorded_at <= :known AND (h.superseded_at IS NULL OR h.superseded_at > :known)
      AND (:at::timestamptz IS NULL OR (h.effective_date <= :at
        AND coalesce(CASE WHEN h.end_recorded_at <= :known THEN h.end_date END, 'infinity') > :at))
      AND (h.effective_date, h.id) > (:after::timestamptz, :after_id::bigint)
    ORDER BY h.effective_date, h.id LIMIT :most)
    UNION ALL
    (SELECT o.id, o.provider, o.model_id, o.recorded_as, o.kind, (o.rates->>'input')::numeric,
        (o.rates->>'output')::numeric, o.tier, o.context_limit, o.currency, o.region, o.free, o.rates, o.effective_date,
        o.end_date, o.recorded_at, o.superseded_at, '', o.revision, o.evidence, o.number, o.note, o.corrects, o.state
    FROM own_prices o
    WHERE o.provider = :provider AND o.model_id = :model_id
      AND o.effective_date BETWEEN :start AND :until
      AND o.recorded_at <= :known AND (o.superseded_at IS NULL OR o.superseded_at > :known)
      AND (:at::timestamptz IS NULL OR (o.effective_date <= :at AND coalesce(o.end_date, 'infinity') > :at))
      AND (o.effective_date, o.id) > (:after::timestamptz, :after_id::bigint)
    ORDER BY o.effective_date, o.id LIMIT :most)
)
SELECT * FROM found ORDER BY effective_date, id LIMIT :most;

-- name: history_total(provider, model_id, start, until, at, known)$
WITH found AS (
    SELECT h.effective_date, CASE WHEN h.end_recorded_at <= :known THEN h.end_date END AS end_date, h.recorded_at,
        h.superseded_at
    FROM pricing_history h WHERE h.provider = :provider AND h.model_id = :model_id
    UNION ALL
    SELECT o.effective_date, o.end_date, o.recorded_at, o.superseded_at
    FROM own_prices o WHERE o.provider = :provider AND o.model_id = :model_id
)
SELECT count(*) FROM found
WHERE effective_date BETWEEN :start AND :until
  AND recorded_at <= :known AND (superseded_at IS NULL OR superseded_at > :known)
  AND (:at::timestamptz IS NULL OR (effective_date <= :at AND coalesce(end_date, 'infinity') > :at));

-- name: other_names(names)
-- Names that are no ids any more, or never were: a page's, before an API named the model, and what an API lists beside.
SELECT provider, merged_into AS id, id AS name FROM models WHERE id = ANY(:names::text[]) AND merged_into IS NOT NULL
UNION
SELECT m.provider, m.id, a.name FROM models m CROSS JOIN LATERAL unnest(m.aliases) AS a (name)
WHERE m.merged_into IS NULL AND m.aliases && :names AND a.name = ANY(:names)
ORDER BY provider, id, name;
