-- What was last said of a model, as a digest, where nothing but repeating it remains: then its prices need not be read.
-- depends: 0017-cache-changes

-- migrate: apply
ALTER TABLE models ADD COLUMN settled TEXT;

-- migrate: rollback
ALTER TABLE models DROP COLUMN settled;
