-- name: lock_join(sync_id, provider)^
-- Taken first of all: without this lock two sides that commit at once both see one half. What is returned is what the
-- row holds once it is locked, whatever the statement saw when it began.
INSERT INTO joins AS j (sync_id, provider) VALUES (:sync_id, :provider)
ON CONFLICT (sync_id, provider) DO UPDATE SET sync_id = j.sync_id
RETURNING sync_id, provider, started_at, deadline, generation, closed, trace;

-- name: start_join(sync_id, provider, started_at, deadline, trace)^
UPDATE joins SET started_at = :started_at, deadline = :deadline, trace = :trace
WHERE sync_id = :sync_id AND provider = :provider
RETURNING sync_id, provider, started_at, deadline, generation, closed, trace;

-- name: add_chunk(sync_id, provider, side, attempt_id, index, total, body)^
-- Returns what was there before: which chunks of the attempt, and whether the side was complete.
WITH added AS (
    INSERT INTO join_chunks (sync_id, provider, side, attempt_id, index, total, body)
    VALUES (:sync_id, :provider, :side, :attempt_id, :index, :total, :body) ON CONFLICT DO NOTHING
)
SELECT
    ARRAY(SELECT index FROM join_chunks
          WHERE sync_id = :sync_id AND provider = :provider AND side = :side AND attempt_id = :attempt_id) AS indexes,
    EXISTS (SELECT FROM join_sides WHERE sync_id = :sync_id AND provider = :provider AND side = :side) AS is_complete;

-- name: chunks(sync_id, provider, side, attempt_id)
SELECT body FROM join_chunks
WHERE sync_id = :sync_id AND provider = :provider AND side = :side AND attempt_id = :attempt_id ORDER BY index;

-- name: complete_side(sync_id, provider, side, attempt_id)
-- Returns what `sides` does of the side that was complete before.
WITH completed AS (
    INSERT INTO join_sides (sync_id, provider, side, attempt_id) VALUES (:sync_id, :provider, :side, :attempt_id)
)
SELECT s.side, c.body FROM join_sides s JOIN join_chunks c USING (sync_id, provider, side, attempt_id)
WHERE s.sync_id = :sync_id AND s.provider = :provider ORDER BY c.index;

-- name: sides(sync_id, provider)
SELECT s.side, c.body FROM join_sides s JOIN join_chunks c USING (sync_id, provider, side, attempt_id)
WHERE s.sync_id = :sync_id AND s.provider = :provider ORDER BY c.index;

-- name: close_join(sync_id, provider, generation)!
UPDATE joins SET closed = true, generation = :generation WHERE sync_id = :sync_id AND provider = :provider;

-- name: overdue(now)
SELECT sync_id, provider FROM joins WHERE NOT closed AND deadline < :now ORDER BY deadline LIMIT 50;

-- name: waiting(now)^
SELECT count(*) AS open, count(*) FILTER (WHERE deadline < :now) AS overdue FROM joins WHERE NOT closed;

-- name: known_ids(provider)$
SELECT ids FROM known_models WHERE provider = :provider;

-- name: know_ids(provider, started_at, ids)!
INSERT INTO known_models (provider, started_at, ids) VALUES (:provider, :started_at, :ids)
ON CONFLICT (provider) DO UPDATE SET started_at = EXCLUDED.started_at, ids = EXCLUDED.ids
WHERE known_models.started_at < EXCLUDED.started_at;

-- name: forget_joins(before)!
DELETE FROM joins WHERE created_at < :before AND (closed OR deadline IS NULL);
