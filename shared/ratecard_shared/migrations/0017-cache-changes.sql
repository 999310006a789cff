-- Which models each version of a cached value changed, so that memory reads those alone anew; null is all of them.
-- depends: 0016-held-in-a-sync

-- migrate: apply
CREATE TABLE cache_changes (
    name    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    ids     TEXT[],
    PRIMARY KEY (name, version)
);

-- migrate: rollback
DROP TABLE cache_changes;
