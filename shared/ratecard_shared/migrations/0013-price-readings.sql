-- What a sync read that differs is kept by model: one document per provider was written again with every batch.
-- depends: 0012-inbox-forgotten

-- migrate: apply
CREATE TABLE price_readings (
    provider TEXT NOT NULL REFERENCES price_neighbours (provider) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    read     JSONB,
    PRIMARY KEY (provider, model_id)
);

INSERT INTO price_readings
SELECT provider, one.key, nullif(one.value, 'null'::jsonb) FROM price_neighbours, jsonb_each(read) AS one;

ALTER TABLE price_neighbours DROP COLUMN read;

-- migrate: rollback
CREATE TEMPORARY TABLE kept_neighbours AS
SELECT n.provider, n.sync_id, n.started_at, n.before, coalesce(jsonb_object_agg(r.model_id, r.read)
    FILTER (WHERE r.model_id IS NOT NULL), '{}') AS read
FROM price_neighbours n LEFT JOIN price_readings r ON r.provider = n.provider
GROUP BY n.provider;

DROP TABLE price_readings;
DROP TABLE price_neighbours;

CREATE TABLE price_neighbours (
    provider   TEXT PRIMARY KEY,
    sync_id    TEXT        NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    before     JSONB       NOT NULL,
    read       JSONB       NOT NULL
);

INSERT INTO price_neighbours SELECT provider, sync_id, started_at, before, read FROM kept_neighbours;
DROP TABLE kept_neighbours;
