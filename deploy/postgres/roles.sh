#!/bin/sh
# Run by the PostgreSQL image when its volume is made: a role for each service, which may log in. What a role may do is
# granted by `ratecard migrate --roles`.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
  -v scheduler="$SCHEDULER_PASSWORD" -v enricher="$ENRICHER_PASSWORD" -v registry="$REGISTRY_PASSWORD" <<'SQL'
CREATE ROLE ratecard_scheduler LOGIN PASSWORD :'scheduler';
CREATE ROLE ratecard_enricher LOGIN PASSWORD :'enricher';
CREATE ROLE ratecard_registry LOGIN PASSWORD :'registry';
SQL
