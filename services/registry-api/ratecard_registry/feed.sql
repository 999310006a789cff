-- name: after(batch, id, most, provider, model, kind)
-- A key is `provider/model`; a provider's name has no slash.
SELECT published_in, id, topic, body FROM outbox
WHERE topic IN ('pricing.changed', 'model.changed') AND published_in IS NOT NULL
  AND (published_in, id) > (:batch::bigint, :id::bigint)
  AND (:provider::text IS NULL OR split_part(key, '/', 1) = :provider)
  AND (:model::text IS NULL OR substr(key, strpos(key, '/') + 1) = :model)
  AND (:kind::text IS NULL OR convert_from(body, 'UTF8')::jsonb ->> 'kind' = :kind)
ORDER BY published_in, id LIMIT :most;

-- name: before(batch, id, most)
SELECT published_in, id, topic, body FROM outbox
WHERE topic IN ('pricing.changed', 'model.changed') AND published_in IS NOT NULL
  AND (published_in, id) < (:batch::bigint, :id::bigint)
ORDER BY published_in DESC, id DESC LIMIT :most;

-- name: newest()^
SELECT published_in, id FROM (
    (SELECT published_in, id FROM outbox
     WHERE topic IN ('pricing.changed', 'model.changed') AND published_in IS NOT NULL
     ORDER BY published_in DESC, id DESC LIMIT 1)
    UNION ALL
    SELECT published_in, id FROM outbox_forgotten WHERE topic IN ('pricing.changed', 'model.changed')
) AS known ORDER BY published_in DESC, id DESC LIMIT 1;

-- name: forgotten()^
SELECT published_in, id FROM outbox_forgotten WHERE topic IN ('pricing.changed', 'model.changed')
ORDER BY published_in DESC, id DESC LIMIT 1;
