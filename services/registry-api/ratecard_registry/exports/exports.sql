-- name: standard_past()
-- What Ratecard believes today was charged, and when: the standard tier in USD, for everywhere.
SELECT h.provider, h.model_id, h.context_limit, h.rates, h.effective_date, h.end_date
FROM pricing_history h
WHERE h.superseded_at IS NULL AND h.kind <> 'scheduled'
  AND h.tier = 'standard' AND h.currency = 'USD' AND h.region = 'global'
ORDER BY h.provider, h.model_id, h.context_limit, h.effective_date, h.id;
