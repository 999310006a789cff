-- name: version()$
SELECT version FROM cache_versions WHERE name = 'keys';

-- name: all()
SELECT id, digest, name, scopes, expires_at, revoked_at FROM api_keys;

-- name: note_use(ids, at)!
UPDATE api_keys SET last_used_at = greatest(last_used_at, :at::timestamptz) WHERE id = ANY(:ids::bigint[]);
