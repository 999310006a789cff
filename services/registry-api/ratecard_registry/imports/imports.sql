-- name: first_recorded(providers, ids)
-- The first price of each key that is believed to have been charged: the list's, or what was imported before.
SELECT DISTINCT ON (h.provider, h.model_id, h.tier, h.context_limit, h.currency, h.region)
    h.provider, h.model_id, h.tier, h.context_limit, h.currency, h.region, h.effective_date, h.rates
FROM pricing_history h
WHERE (h.provider, h.model_id) IN (SELECT * FROM unnest(:providers::text[], :ids::text[]))
  AND h.superseded_at IS NULL AND h.kind <> 'scheduled'
ORDER BY h.provider, h.model_id, h.tier, h.context_limit, h.currency, h.region, h.effective_date, h.id;

-- name: add(rows)!
INSERT INTO pricing_history (provider, model_id, tier, context_limit, currency, region, input_cost_per_million,
    output_cost_per_million, rates, free, effective_date, end_date, recorded_at, end_recorded_at, evidence, kind, sync_id,
    recorded_as, revision)
SELECT r.provider, r.model_id, r.tier, r.context_limit, r.currency, r.region, r.input_cost_per_million,
    r.output_cost_per_million, r.rates, false, r.effective_date, r.end_date, r.recorded_at, r.recorded_at, r.evidence,
    'imported', r.sync_id, r.recorded_as, 0
FROM jsonb_populate_recordset(NULL::pricing_history, :rows::jsonb) AS r;
