-- Changes can be read in the order in which they were published, and prices of any time without reading all history.
-- depends: 0005-quarantine

-- migrate: apply
-- A relay numbers each batch while it holds its lock: a later batch becomes visible later. Ids cannot tell that, because
-- they are given before the commit.
CREATE SEQUENCE outbox_batches;
ALTER TABLE outbox ADD COLUMN published_in BIGINT;
UPDATE outbox SET published_in = 0 WHERE published_at IS NOT NULL;

CREATE INDEX outbox_changes ON outbox (published_in, id)
    WHERE published_in IS NOT NULL AND topic IN ('pricing.changed', 'model.changed');

-- The last event of each topic that was pruned: who has read less has missed something.
CREATE TABLE outbox_forgotten (
    service      TEXT   NOT NULL,
    topic        TEXT   NOT NULL,
    published_in BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    PRIMARY KEY (service, topic)
);

CREATE INDEX pricing_history_key ON pricing_history
    (provider, model_id, tier, context_limit, currency, region, effective_date);

-- migrate: rollback
DROP INDEX pricing_history_key;
DROP TABLE outbox_forgotten;
DROP INDEX outbox_changes;
ALTER TABLE outbox DROP COLUMN published_in;
DROP SEQUENCE outbox_batches;
