-- name: add(caller, key_id, action, target, details, outcome)$
INSERT INTO audit_log (caller, key_id, action, target, details, outcome)
VALUES (:caller, :key_id, :action, :target, :details::jsonb, :outcome) RETURNING id;

-- name: settle(id, details, outcome)!
UPDATE audit_log SET details = details || :details::jsonb, outcome = :outcome
WHERE id = :id AND outcome = 'asked';

-- name: listed(before, action, caller, limit)
SELECT id, at, caller, key_id, action, target, details, outcome FROM audit_log
WHERE (:before::bigint IS NULL OR id < :before::bigint)
  AND (:action::text IS NULL OR action = :action::text) AND (:caller::text IS NULL OR caller = :caller::text)
ORDER BY id DESC LIMIT :limit;
