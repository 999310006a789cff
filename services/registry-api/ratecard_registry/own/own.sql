-- name: next_number()$
SELECT nextval('own_price_numbers');

-- name: locked_place(number)^
SELECT provider, model_id FROM own_prices WHERE number = :number ORDER BY id LIMIT 1;

-- name: latest(number)^
SELECT * FROM own_prices WHERE number = :number AND (superseded_at IS NULL OR state = 'withdrawn');

-- name: versions(number)
SELECT * FROM own_prices WHERE number = :number ORDER BY id DESC;

-- name: listed(provider, model_id, state, limit)
-- Every own price as it is now, the newest first.
SELECT *, count(*) OVER () AS total FROM own_prices
WHERE (superseded_at IS NULL OR state = 'withdrawn')
  AND (:provider::text IS NULL OR provider = :provider::text) AND (:model_id::text IS NULL OR model_id = :model_id::text)
  AND (:state::text IS NULL OR state = :state::text)
ORDER BY number DESC LIMIT :limit;

-- name: due(now)
-- Models with an own price whose day has come or is over.
SELECT DISTINCT provider, model_id AS id FROM own_prices
WHERE superseded_at IS NULL
  AND ((state = 'scheduled' AND effective_date <= :now::timestamptz) OR (state = 'in_force' AND end_date <= :now::timestamptz));

-- name: supersede(ids, state, at, by, reason)!
UPDATE own_prices SET superseded_at = :at, superseded_by = :by, reason = :reason, state = coalesce(:state::text, state)
WHERE id = ANY(:ids::bigint[]);

-- name: add(row, by, revision)!
INSERT INTO own_prices (number, kind, provider, model_id, tier, context_limit, currency, region, rates, free,
    effective_date, end_date, recorded_at, state, evidence, note, corrects, recorded_as, recorded_by, revision)
SELECT r.number, r.kind, r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region, r.rates, r.free,
    r.effective_date, r.end_date, r.recorded_at, r.state, r.evidence, r.note, r.corrects, r.recorded_as, :by::text,
    :revision::bigint
FROM jsonb_populate_record(NULL::own_prices, :row::jsonb) AS r;

-- name: move_on(ids, states)!
UPDATE own_prices o SET state = s.state FROM unnest(:ids::bigint[], :states::text[]) AS s (id, state) WHERE o.id = s.id;

-- name: move(provider, page_name, model_id)!
UPDATE own_prices SET model_id = :model_id WHERE provider = :provider AND model_id = :page_name;

-- name: revise(provider, model_id, revision, now)!
UPDATE models SET revision = :revision, updated_at = :now WHERE provider = :provider AND id = :model_id;
