-- Every scraping configuration that was ever stored, and who stored it. Written by the registry alone.
-- depends: 0009-failures-and-alerts

-- migrate: apply
CREATE TABLE scraping_config_versions (
    provider   TEXT        NOT NULL,
    version    INTEGER     NOT NULL,
    config     JSONB       NOT NULL,
    note       TEXT        NOT NULL DEFAULT '',
    created_by TEXT        NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (provider, version)
);

-- The row of a provider is the version that is active or was last; `revision` grows with every change of it.
ALTER TABLE scraping_config
    ADD COLUMN version    INTEGER NOT NULL DEFAULT 1,
    ADD COLUMN revision   INTEGER NOT NULL DEFAULT 1,
    ADD COLUMN changed_by TEXT    NOT NULL DEFAULT '';

-- migrate: rollback
ALTER TABLE scraping_config DROP COLUMN changed_by, DROP COLUMN revision, DROP COLUMN version;
DROP TABLE scraping_config_versions;
