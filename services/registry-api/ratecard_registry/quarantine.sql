-- name: neighbours(provider)^
-- What a provider's prices were compared with last, and its active configuration; null where there is none.
-- `written_by` tells one past from the next: a row is written once per sync.
SELECT n.sync_id, n.started_at, n.sync_id || ' ' || n.xmin::text AS written_by, c.config
FROM (SELECT :provider::text AS provider) AS asked
LEFT JOIN price_neighbours n USING (provider)
LEFT JOIN scraping_config c ON c.provider = asked.provider AND c.active;

-- name: before(provider)$
SELECT before FROM price_neighbours WHERE provider = :provider;

-- name: begin_neighbours(provider, sync_id, started_at)$
-- From a sync's first model on: what is in force now is what its prices are compared with.
WITH gone AS (
    DELETE FROM price_readings WHERE provider = :provider::text
), begun AS (
    INSERT INTO price_neighbours (provider, sync_id, started_at, before)
    SELECT :provider::text, :sync_id::text, :started_at::timestamptz, coalesce(jsonb_agg(jsonb_build_array(
        p.model_id, jsonb_build_array(p.tier, p.context_limit, p.currency, p.region), p.rates)), '[]')
    FROM model_pricing p WHERE p.provider = :provider
    ON CONFLICT (provider) DO UPDATE SET
        sync_id = EXCLUDED.sync_id, started_at = EXCLUDED.started_at, before = EXCLUDED.before
    RETURNING sync_id || ' ' || xmin::text AS written_by
)
SELECT written_by FROM begun;

-- name: drop_readings(provider, ids)!
DELETE FROM price_readings WHERE provider = :provider AND model_id = ANY(:ids::text[]);

-- name: save_readings(rows)!
INSERT INTO price_readings SELECT r.* FROM jsonb_populate_recordset(NULL::price_readings, :rows::jsonb) AS r
ON CONFLICT (provider, model_id) DO UPDATE SET read = EXCLUDED.read;

-- name: readings(provider, sync_id)^
-- What the sync read, if nothing newer was compared since; no row else.
SELECT n.sync_id || ' ' || n.xmin::text AS written_by,
    (SELECT jsonb_object_agg(r.model_id, r.read) FROM price_readings r WHERE r.provider = n.provider) AS read
FROM price_neighbours n WHERE n.provider = :provider AND n.sync_id = :sync_id;

-- name: open_entries(provider, ids)
SELECT * FROM quarantine WHERE provider = :provider AND model_id = ANY(:ids::text[]) AND open ORDER BY id;

-- name: open_of_provider(provider)
SELECT * FROM quarantine WHERE provider = :provider AND open ORDER BY id;

-- name: end_entry(id, state, seen_in, at)!
UPDATE quarantine SET state = :state::text, open = false, seen_in = :seen_in,
    decided_by = CASE WHEN state = :state::text THEN decided_by
        WHEN :state::text = 'released' THEN 'later syncs' ELSE 'the page' END,
    decided_at = CASE WHEN state = :state::text THEN decided_at ELSE :at::timestamptz END
WHERE id = :id;

-- name: change_entry(id, seen_in, kind, reason, suspicions, undecided)!
UPDATE quarantine SET seen_in = :seen_in, kind = :kind, reason = :reason, suspicions = :suspicions,
    undecided = :undecided
WHERE id = :id;

-- name: add_entries(rows)!
INSERT INTO quarantine (provider, model_id, tier, context_limit, currency, region, effective_from, held, old, kind,
    reason, suspicions, undecided, seen_in, first_seen_at, state)
SELECT r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region, r.effective_from, r.held, r.old, r.kind,
    r.reason, r.suspicions, r.undecided, r.seen_in, r.first_seen_at, 'held'
FROM jsonb_populate_recordset(NULL::quarantine, :rows::jsonb) AS r
ORDER BY r.model_id, r.tier, r.context_limit, r.currency, r.region;

-- name: forget_entries(ids)!
DELETE FROM quarantine WHERE id = ANY(:ids::bigint[]);

-- name: held(provider, sync_id)^
-- How many prices are held back; of these, how many the sync read, and how many were not told yet.
SELECT count(*) AS all, count(*) FILTER (WHERE :sync_id::text = ANY(seen_in)) AS read,
    count(*) FILTER (WHERE NOT alerted) AS untold
FROM quarantine WHERE provider = :provider AND open AND state = 'held' AND NOT undecided;

-- name: alert(provider)
-- What is held and was not said yet: from now on it is.
UPDATE quarantine SET alerted = true
WHERE provider = :provider AND state = 'held' AND NOT alerted AND NOT undecided
RETURNING *;

-- name: mark_disputed(provider, today)$
-- A price in force is the last good one while its page says another that is held back.
WITH disputed AS (
    SELECT q.model_id, min(q.first_seen_at) AS since FROM quarantine q
    JOIN model_pricing p USING (provider, model_id, tier, context_limit, currency, region)
    WHERE q.provider = :provider AND q.open AND q.state = 'held' AND NOT q.undecided
      AND (q.effective_from IS NULL OR q.effective_from <= :today::date)
    GROUP BY q.model_id
), marked AS (
    UPDATE models m SET stale_since = d.since FROM disputed d
    WHERE m.provider = :provider AND m.id = d.model_id AND m.stale_since IS NULL
    RETURNING m.id
)
SELECT count(*) FROM marked;

-- name: entry(id)^
SELECT * FROM quarantine WHERE id = :id;

-- name: decide(id, state, open, note, decided_by, decided_at)!
UPDATE quarantine SET state = :state, open = :open, undecided = false, note = :note, decided_by = :decided_by,
    decided_at = :decided_at
WHERE id = :id;

-- name: listed(provider, state, limit)
SELECT *, count(*) OVER () AS total FROM quarantine
WHERE (:provider::text IS NULL OR provider = :provider::text) AND (:state::text IS NULL OR state = :state::text)
  AND (alerted OR NOT undecided)
ORDER BY id DESC LIMIT :limit;

-- name: save_unmatched(provider, sync_id, started_at, names, unpriced_ids)!
INSERT INTO unmatched AS u (provider, sync_id, started_at, names, unpriced_ids)
VALUES (:provider, :sync_id, :started_at, :names, :unpriced_ids)
ON CONFLICT (provider) DO UPDATE SET
    sync_id = EXCLUDED.sync_id, started_at = EXCLUDED.started_at, names = EXCLUDED.names,
    unpriced_ids = EXCLUDED.unpriced_ids
WHERE u.started_at <= EXCLUDED.started_at;

-- name: unmatched(provider)
SELECT provider, sync_id, started_at, names, unpriced_ids FROM unmatched
WHERE :provider::text IS NULL OR provider = :provider::text ORDER BY provider;

-- name: save_refusals(provider, sync_id, at, texts, reasons)
-- Return what was not refused before.
INSERT INTO page_refusals AS p (provider, text, reason, first_seen_at, last_seen_at, sync_id)
SELECT DISTINCT :provider, piece.text, piece.reason, :at::timestamptz, :at::timestamptz, :sync_id
FROM unnest(:texts::text[], :reasons::text[]) AS piece (text, reason)
ON CONFLICT (provider, md5(text), md5(reason)) DO UPDATE SET
    last_seen_at = greatest(p.last_seen_at, EXCLUDED.last_seen_at), sync_id = EXCLUDED.sync_id
RETURNING text, reason, (xmax = 0) AS is_new;

-- name: forget_refusals(provider, before)!
DELETE FROM page_refusals WHERE provider = :provider AND last_seen_at < :before;

-- name: refusals(provider)
-- What each provider's newest pages refused.
SELECT r.provider, r.text, r.reason, r.first_seen_at, r.last_seen_at, r.sync_id FROM page_refusals r
WHERE (:provider::text IS NULL OR r.provider = :provider::text)
  AND r.sync_id = (SELECT n.sync_id FROM page_refusals n WHERE n.provider = r.provider
                   ORDER BY n.last_seen_at DESC, n.sync_id LIMIT 1)
ORDER BY r.provider, r.first_seen_at, r.text;
