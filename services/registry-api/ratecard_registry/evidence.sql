-- name: body(sha256)
SELECT index, total, data FROM page_bodies WHERE sha256 = :sha256 ORDER BY index;

-- name: sources(provider)
SELECT url, checked_at, last_verified, error FROM pages WHERE provider = :provider ORDER BY url;

-- name: prune(before)$
-- What a price in force, announced or held back was read from stays; so does what one was read from that ended since.
WITH needed AS (
    SELECT evidence->>'sha256' AS sha256 FROM model_pricing
    UNION SELECT evidence->>'sha256' FROM scheduled_pricing
    UNION SELECT held->'evidence'->>'sha256' FROM quarantine WHERE open
    UNION SELECT evidence->>'sha256' FROM pricing_history
        WHERE (end_date IS NULL AND superseded_at IS NULL)
           OR greatest(end_recorded_at, superseded_at, recorded_at) >= :before
), old AS (
    SELECT sha256 FROM page_bodies GROUP BY sha256 HAVING max(kept_at) < :before
), gone AS (
    DELETE FROM page_bodies b USING old
    WHERE b.sha256 = old.sha256 AND NOT EXISTS (SELECT FROM needed n WHERE n.sha256 = b.sha256)
    RETURNING b.sha256
)
SELECT count(DISTINCT sha256) FROM gone;
