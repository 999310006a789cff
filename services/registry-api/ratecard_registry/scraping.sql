-- name: lock_config(provider)!
-- One administrator at a time changes a provider's configuration.
SELECT pg_advisory_xact_lock(hashtextextended('scraping_config/' || :provider::text, 0));

-- name: config(provider)^
SELECT c.provider, c.config, c.active, c.version, c.revision, c.changed_by, c.updated_at, coalesce(v.note, '') AS note
FROM scraping_config c LEFT JOIN scraping_config_versions v USING (provider, version) WHERE provider = :provider;

-- name: configs()
SELECT c.provider, c.config, c.active, c.version, c.revision, c.changed_by, c.updated_at, coalesce(v.note, '') AS note
FROM scraping_config c LEFT JOIN scraping_config_versions v USING (provider, version) ORDER BY provider;

-- name: keep_found(provider)!
-- What was written into the table by hand becomes a version like any other before it is replaced.
INSERT INTO scraping_config_versions (provider, version, config, note, created_at)
SELECT provider, version, config, 'found in the table', updated_at FROM scraping_config WHERE provider = :provider
ON CONFLICT DO NOTHING;

-- name: add_version(provider, config, note, created_by, created_at)$
INSERT INTO scraping_config_versions (provider, version, config, note, created_by, created_at)
SELECT :provider, coalesce(max(version), 0) + 1, :config, :note, :created_by, :created_at
FROM scraping_config_versions WHERE provider = :provider
RETURNING version;

-- name: use_version(provider, version, config, changed_by, changed_at)!
INSERT INTO scraping_config AS c (provider, version, config, changed_by, created_at, updated_at)
VALUES (:provider, :version, :config, :changed_by, :changed_at, :changed_at)
ON CONFLICT (provider) DO UPDATE SET
    version = EXCLUDED.version, config = EXCLUDED.config, active = true, revision = c.revision + 1,
    changed_by = EXCLUDED.changed_by, updated_at = EXCLUDED.updated_at;

-- name: deactivate(provider, changed_by, changed_at)!
UPDATE scraping_config
SET active = false, revision = revision + 1, changed_by = :changed_by, updated_at = :changed_at
WHERE provider = :provider;

-- name: versions(provider)
SELECT version, config, note, created_by, created_at FROM scraping_config_versions
WHERE provider = :provider ORDER BY version DESC;

-- name: version(provider, version)^
SELECT version, config, note, created_by, created_at FROM scraping_config_versions
WHERE provider = :provider AND version = :version;

-- name: newest_pages(provider, urls)
-- The bytes of each page as it was fetched last, good or not.
SELECT url, sha256, checked_at FROM pages
WHERE provider = :provider AND url = ANY(:urls::text[]) AND sha256 IS NOT NULL;

-- name: pages_with(provider, sha256)
SELECT url, sha256, checked_at FROM pages WHERE provider = :provider AND sha256 = :sha256;

-- name: known_names(provider)
SELECT id, match->>'name' AS page_name FROM models
WHERE provider = :provider AND merged_into IS NULL AND deprecated_at IS NULL;

-- name: prices_in_force(provider)
SELECT model_id, tier, context_limit, currency, region, rates, free, evidence->>'url' AS url FROM model_pricing
WHERE provider = :provider;
