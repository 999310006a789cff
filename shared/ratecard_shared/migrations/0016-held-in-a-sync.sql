-- How many prices a provider's sync read and left in quarantine; null where it ended before this was counted.
-- depends: 0015-history-in-force

-- migrate: apply
ALTER TABLE sync_outcomes ADD COLUMN pricing_held INTEGER;

-- migrate: rollback
ALTER TABLE sync_outcomes DROP COLUMN pricing_held;
