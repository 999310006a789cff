-- name: lock_requests(key)!
-- One request is planned at a time, so that two replicas cannot both start a provider, and none while a sync ends, which
-- it might join.
SELECT pg_advisory_xact_lock(:key);

-- name: running(now)
SELECT provider, sync_id FROM sync_providers
WHERE ended_at IS NULL AND joined_sync_id IS NULL AND deadline > :now;

-- name: add_sync(sync_id, requested_by, reason, state, error, requested_at, started_at, deadline, completed_at)!
INSERT INTO syncs (sync_id, requested_by, reason, state, error, requested_at, started_at, deadline, completed_at)
VALUES (:sync_id, :requested_by, :reason, :state, :error, :requested_at, :started_at, :deadline, :completed_at);

-- name: add_provider(sync_id, provider, joined_sync_id, started_at, deadline)!
INSERT INTO sync_providers (sync_id, provider, joined_sync_id, started_at, deadline)
VALUES (:sync_id, :provider, :joined_sync_id, :started_at, :deadline);

-- name: scraping_configs(providers)
SELECT provider, config FROM scraping_config WHERE active AND provider = ANY(:providers::text[]);

-- name: end_providers(sync_id, ended_at)!
UPDATE sync_providers SET ended_at = :ended_at
WHERE (sync_id = :sync_id OR joined_sync_id = :sync_id) AND ended_at IS NULL;

-- name: end_syncs(sync_id, state, ended_at)!
UPDATE syncs SET state = :state, completed_at = :ended_at
WHERE state IN ('running', 'joined', 'completed', 'failed')
  AND sync_id IN (SELECT p.sync_id FROM sync_providers p WHERE p.sync_id = :sync_id OR p.joined_sync_id = :sync_id)
  AND NOT EXISTS (SELECT FROM sync_providers p WHERE p.sync_id = syncs.sync_id AND p.ended_at IS NULL);

-- name: claim_slot(slot)$
-- True for the one replica that gets the slot.
WITH claimed AS (INSERT INTO schedule_slots (slot) VALUES (:slot) ON CONFLICT DO NOTHING RETURNING slot)
SELECT EXISTS (SELECT FROM claimed);

-- name: any_slot()$
SELECT EXISTS (SELECT FROM schedule_slots);

-- name: forget_syncs(before)!
DELETE FROM syncs WHERE started_at < :before;

-- name: forget_slots(before)!
DELETE FROM schedule_slots WHERE claimed_at < :before AND slot < (SELECT max(slot) FROM schedule_slots);

-- name: plan_next(cron, next_slot)!
INSERT INTO schedule (cron, next_slot) VALUES (:cron, :next_slot)
ON CONFLICT (is_only) DO UPDATE SET cron = EXCLUDED.cron, next_slot = EXCLUDED.next_slot
WHERE schedule.next_slot IS DISTINCT FROM EXCLUDED.next_slot OR schedule.cron <> EXCLUDED.cron;

-- name: sync(sync_id)^
SELECT started_at, requested_by FROM syncs WHERE sync_id = :sync_id;

-- name: streaks(providers)
SELECT * FROM provider_failures WHERE provider = ANY(:providers::text[]) ORDER BY provider FOR UPDATE;

-- name: save_streak(provider, sync_id, started_at, failed, retried, retry_at)!
INSERT INTO provider_failures (provider, sync_id, started_at, failed, retried, retry_at)
VALUES (:provider, :sync_id, :started_at, :failed, :retried, :retry_at)
ON CONFLICT (provider) DO UPDATE SET sync_id = EXCLUDED.sync_id, started_at = EXCLUDED.started_at,
    failed = EXCLUDED.failed, retried = EXCLUDED.retried, retry_at = EXCLUDED.retry_at;

-- name: all_streaks()
SELECT provider, failed FROM provider_failures ORDER BY provider;

-- name: take_retries(now)
-- One replica asks for a retry: it takes the mark off in the transaction that asks.
WITH due AS (SELECT provider FROM provider_failures WHERE retry_at <= :now ORDER BY provider FOR UPDATE SKIP LOCKED)
UPDATE provider_failures f SET retry_at = NULL, retried = f.retried + 1 FROM due WHERE f.provider = due.provider
RETURNING f.provider, f.sync_id, f.retried;

-- name: troubles_over(provider, kinds, raised_before)
SELECT kind, summary FROM troubles
WHERE open AND provider = :provider AND kind = ANY(:kinds::text[]) AND last_raised_at < :raised_before::timestamptz;
