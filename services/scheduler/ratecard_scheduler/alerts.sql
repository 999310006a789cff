-- name: lock_trouble(key)!
-- One alert of a kind at a time, also where there is no row to lock yet.
SELECT pg_advisory_xact_lock(hashtext('trouble'), hashtext(:key));

-- name: trouble(key)^
SELECT * FROM troubles WHERE key = :key;

-- name: save_trouble(key, kind, provider, severity, summary, action, open, pending_since, raised_at, last_raised_at, times, sent_at)!
INSERT INTO troubles (key, kind, provider, severity, summary, action, open, pending_since, raised_at, last_raised_at,
    times, sent_at)
VALUES (:key, :kind, :provider, :severity, :summary, :action, :open, :pending_since, :raised_at, :last_raised_at,
    :times, :sent_at)
ON CONFLICT (key) DO UPDATE SET
    severity = EXCLUDED.severity, summary = EXCLUDED.summary, action = EXCLUDED.action, open = EXCLUDED.open,
    pending_since = EXCLUDED.pending_since, raised_at = EXCLUDED.raised_at,
    last_raised_at = EXCLUDED.last_raised_at, times = EXCLUDED.times;

-- name: only_teller(key)$
SELECT pg_try_advisory_xact_lock(:key);

-- name: pending()
SELECT * FROM troubles WHERE pending_since IS NOT NULL ORDER BY key FOR UPDATE SKIP LOCKED;

-- name: last_sent()$
SELECT max(sent_at) FROM troubles;

-- name: sent(keys, sent_at)!
UPDATE troubles SET pending_since = NULL, times = 0, sent_at = :sent_at WHERE key = ANY(:keys::text[]);

-- name: forget(before)!
DELETE FROM troubles WHERE NOT open AND pending_since IS NULL AND coalesce(sent_at, raised_at) < :before::timestamptz;
