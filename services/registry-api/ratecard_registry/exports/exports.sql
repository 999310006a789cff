-- name: standard_past(own)
-- What Ratecard believes today was charged, and when: the standard tier in USD, for everywhere. A row of a higher layer
-- is charged instead of those below it: the operator's own prices, as far as they are wanted, above the list's.
SELECT h.provider, h.model_id, h.context_limit, h.rates, h.effective_date, h.end_date, '{0,0}'::bigint[] AS layer
FROM pricing_history h
WHERE h.superseded_at IS NULL AND h.kind <> 'scheduled'
  AND h.tier = 'standard' AND h.currency = 'USD' AND h.region = 'global'
UNION ALL
SELECT o.provider, o.model_id, o.context_limit, o.rates, o.effective_date, o.end_date,
    ARRAY[CASE o.kind WHEN 'negotiated' THEN 2 ELSE 1 END, o.number]
FROM own_prices o
WHERE :own::boolean AND o.superseded_at IS NULL AND o.state <> 'scheduled'
  AND o.tier = 'standard' AND o.currency = 'USD' AND o.region = 'global'
ORDER BY provider, model_id, context_limit, effective_date, layer;
