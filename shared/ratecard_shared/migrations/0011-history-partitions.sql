-- Price history lies in partitions by when the price ended: prices that have not ended in one, ended ones in one per year.
-- depends: 0010-scraping-versions

-- migrate: apply
ALTER TABLE pricing_history RENAME TO pricing_history_whole;
ALTER INDEX pricing_history_pkey RENAME TO pricing_history_whole_pkey;
DROP INDEX pricing_history_model, pricing_history_dates, pricing_history_key, pricing_history_one_in_force;
CREATE SEQUENCE pricing_history_ids;
SELECT setval('pricing_history_ids', (SELECT coalesce(max(id), 0) + 1 FROM pricing_history_whole), false);

CREATE TABLE pricing_history (LIKE pricing_history_whole INCLUDING DEFAULTS) PARTITION BY LIST ((end_date IS NULL));
ALTER TABLE pricing_history ALTER COLUMN id SET DEFAULT nextval('pricing_history_ids');
ALTER SEQUENCE pricing_history_ids OWNED BY pricing_history.id;

CREATE TABLE pricing_history_open PARTITION OF pricing_history FOR VALUES IN (true);
CREATE TABLE pricing_history_ended PARTITION OF pricing_history FOR VALUES IN (false) PARTITION BY RANGE (end_date);
-- What ended in a year that has no partition yet: it stays here until the registry makes one, so no write ever waits.
CREATE TABLE pricing_history_ended_rest PARTITION OF pricing_history_ended DEFAULT;
ALTER TABLE pricing_history_ended_rest ADD PRIMARY KEY (id);

-- A new year takes what lies in the rest, and then its place. Its owner alone may do that: the registry may only ask.
CREATE FUNCTION pricing_history_add_year(year integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    name  text := format('pricing_history_%s', to_char(year, 'FM0000'));
    first timestamptz := make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC');
    after timestamptz := make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pricing_history'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE pricing_history_ended_rest INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE %I ADD CHECK (end_date IS NOT NULL AND end_date >= %L AND end_date < %L)', name, first, after);
    EXECUTE format('WITH moved AS (DELETE FROM pricing_history_ended_rest WHERE end_date >= %L AND end_date < %L RETURNING *) '
        'INSERT INTO %I SELECT * FROM moved', first, after, name);
    EXECUTE format('ALTER TABLE pricing_history_ended ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, first, after);
    RETURN true;
END
$$;

-- A year goes only when it ended before that time, and with it all that was recorded of it.
CREATE FUNCTION pricing_history_drop_year(year integer, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    name   text := format('pricing_history_%s', to_char(year, 'FM0000'));
    dropped bigint;
    newest  timestamptz;
BEGIN
    IF before > now() - interval '12 months' THEN
        RAISE EXCEPTION 'prices are kept for at least 12 months after their end';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('pricing_history'));
    IF to_regclass(name) IS NULL OR make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC') > before THEN
        RETURN NULL;
    END IF;
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
    EXECUTE format('SELECT count(*), max(greatest(recorded_at, end_recorded_at, superseded_at)) FROM %I', name)
        INTO dropped, newest;
    IF newest >= before THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN dropped;
END
$$;

REVOKE ALL ON FUNCTION pricing_history_add_year(integer), pricing_history_drop_year(integer, timestamptz) FROM PUBLIC;

SELECT pricing_history_add_year(year) FROM (
    SELECT DISTINCT extract(year FROM end_date AT TIME ZONE 'UTC')::integer AS year FROM pricing_history_whole
    WHERE end_date >= '2000-01-01Z' AND end_date < '2101-01-01Z'
) AS ended;
INSERT INTO pricing_history SELECT * FROM pricing_history_whole;
DROP TABLE pricing_history_whole;

ALTER TABLE pricing_history_open ADD PRIMARY KEY (id);
CREATE INDEX pricing_history_model ON pricing_history (provider, model_id, effective_date);
CREATE INDEX pricing_history_key ON pricing_history
    (provider, model_id, tier, context_limit, currency, region, effective_date) INCLUDE (end_date);
CREATE UNIQUE INDEX pricing_history_one_in_force
    ON pricing_history_open (provider, model_id, tier, context_limit, currency, region)
    WHERE superseded_at IS NULL AND kind <> 'scheduled';

-- migrate: rollback
ALTER TABLE pricing_history RENAME TO pricing_history_parts;
DROP INDEX pricing_history_model, pricing_history_key, pricing_history_one_in_force;
CREATE TABLE pricing_history (LIKE pricing_history_parts INCLUDING DEFAULTS);
ALTER TABLE pricing_history ALTER COLUMN id DROP DEFAULT;
INSERT INTO pricing_history SELECT * FROM pricing_history_parts;
DROP FUNCTION pricing_history_drop_year(integer, timestamptz);
DROP FUNCTION pricing_history_add_year(integer);
DROP TABLE pricing_history_parts;

ALTER TABLE pricing_history ADD PRIMARY KEY (id);
ALTER TABLE pricing_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;
SELECT setval('pricing_history_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM pricing_history), false);
CREATE INDEX pricing_history_model ON pricing_history (provider, model_id, effective_date);
CREATE INDEX pricing_history_dates ON pricing_history (effective_date, end_date);
CREATE UNIQUE INDEX pricing_history_one_in_force
    ON pricing_history (provider, model_id, tier, context_limit, currency, region)
    WHERE end_date IS NULL AND superseded_at IS NULL AND kind <> 'scheduled';
CREATE INDEX pricing_history_key ON pricing_history
    (provider, model_id, tier, context_limit, currency, region, effective_date);
