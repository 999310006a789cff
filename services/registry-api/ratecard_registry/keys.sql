-- name: version()$
SELECT version FROM cache_versions WHERE name = 'keys';

-- name: all()
SELECT id, digest, name, scopes, expires_at, revoked_at FROM api_keys;

-- name: note_use(ids, at)!
UPDATE api_keys SET last_used_at = greatest(last_used_at, :at::timestamptz) WHERE id = ANY(:ids::bigint[]);

-- name: add(digest, prefix, name, scopes, created_at, created_by, expires_at)^
INSERT INTO api_keys (digest, prefix, name, scopes, created_at, created_by, expires_at)
VALUES (:digest, :prefix, :name, :scopes, :created_at, :created_by, :expires_at) RETURNING *;

-- name: listed()
SELECT * FROM api_keys ORDER BY id DESC;

-- name: locked(id)^
SELECT * FROM api_keys WHERE id = :id FOR UPDATE;

-- name: revoke(id, at)^
UPDATE api_keys SET revoked_at = :at WHERE id = :id RETURNING *;

-- name: bump_version()!
INSERT INTO cache_versions (name) VALUES ('keys')
ON CONFLICT (name) DO UPDATE SET version = cache_versions.version + 1;
