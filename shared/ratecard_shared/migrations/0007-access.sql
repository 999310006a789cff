-- Keys to the API, of which only a hash is kept, and what administrators did.
-- depends: 0006-changes-and-past

-- migrate: apply
CREATE TABLE api_keys (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest       BYTEA       NOT NULL UNIQUE CHECK (length(digest) = 32),
    prefix       TEXT        NOT NULL,
    name         TEXT        NOT NULL,
    scopes       TEXT[]      NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'admin']),
    created_at   TIMESTAMPTZ NOT NULL,
    created_by   TEXT        NOT NULL,
    expires_at   TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at   TIMESTAMPTZ
);

CREATE TABLE audit_log (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    caller  TEXT        NOT NULL,
    key_id  TEXT        NOT NULL,
    action  TEXT        NOT NULL,
    target  TEXT        NOT NULL,
    details JSONB       NOT NULL DEFAULT '{}',
    outcome TEXT        NOT NULL CHECK (outcome IN ('asked', 'done', 'failed'))
);

-- migrate: rollback
DROP TABLE audit_log;
DROP TABLE api_keys;
