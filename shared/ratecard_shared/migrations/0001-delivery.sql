-- What every service with a database needs to keep its delivery promises: an inbox and an outbox.
-- depends:

-- migrate: apply
CREATE TABLE inbox (
    consumer    TEXT        NOT NULL,
    event_id    TEXT        NOT NULL,
    outcome     TEXT        NOT NULL DEFAULT 'applied',
    duplicates  INTEGER     NOT NULL DEFAULT 0,
    received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);

CREATE INDEX inbox_received_at ON inbox (received_at);

CREATE TABLE outbox (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service      TEXT        NOT NULL,
    topic        TEXT        NOT NULL,
    key          TEXT        NOT NULL,
    event_id     TEXT        NOT NULL,
    body         BYTEA       NOT NULL,
    headers      JSONB       NOT NULL DEFAULT '{}',
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    published_at TIMESTAMPTZ
);

CREATE INDEX outbox_unpublished ON outbox (service, id) WHERE published_at IS NULL;

-- migrate: rollback
DROP TABLE outbox;
DROP TABLE inbox;
