-- name: add_year(year)$
SELECT pricing_history_add_year(:year);

-- name: years_without_partition()
SELECT DISTINCT extract(year FROM end_date AT TIME ZONE 'UTC')::integer AS year FROM pricing_history_ended_rest
WHERE end_date >= '2000-01-01Z' AND end_date < '2101-01-01Z' ORDER BY year;

-- name: years()
SELECT right(c.relname, 4)::integer AS year FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'pricing_history_ended'::regclass AND c.relname ~ '^pricing_history_\d{4}$' ORDER BY year;

-- name: oldest_kept(now, months)$
SELECT :now::timestamptz - make_interval(months => :months::integer);

-- name: drop_year(year, before)$
SELECT pricing_history_drop_year(:year, :before);

-- name: drop_rest(before)$
-- What ended in a year without a partition, and what was not believed any more before it ended.
WITH rest AS (
    DELETE FROM pricing_history_ended_rest
    WHERE end_date < :before AND greatest(recorded_at, end_recorded_at, superseded_at) < :before RETURNING id
), misread AS (
    DELETE FROM pricing_history WHERE end_date IS NULL AND superseded_at < :before RETURNING id
)
SELECT (SELECT count(*) FROM rest) + (SELECT count(*) FROM misread);

-- name: forget_syncs()!
-- How a sync went is kept for as long as the scheduler keeps the sync.
WITH outcomes AS (DELETE FROM sync_outcomes o WHERE NOT EXISTS (SELECT FROM syncs s WHERE s.sync_id = o.sync_id))
DELETE FROM sync_completions c WHERE NOT EXISTS (SELECT FROM syncs s WHERE s.sync_id = c.sync_id);

-- name: forget_decisions(before)!
DELETE FROM quarantine WHERE NOT open AND decided_at < :before;
