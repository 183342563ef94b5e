-- Spend by advertiser, campaign, minute and currency.
--
-- Rows are kept by source partition and summed in the view: workers never touch each other's rows, so they cannot
-- wait for each other. A table partition a day, so that old days can be dropped; what lies outside the years 2020 to
-- 2039 (a producer's clock can say anything) goes to one table of its own.

CREATE TABLE "spend".minute_by_partition (
    minute           timestamptz    NOT NULL,
    campaign_id      int8           NOT NULL,
    advertiser_id    int8           NOT NULL,
    currency         text           NOT NULL,
    source_partition int4           NOT NULL,
    impressions      int8           NOT NULL,
    clicks           int8           NOT NULL,
    conversions      int8           NOT NULL,
    video_views      int8           NOT NULL,
    invalid_events   int8           NOT NULL,
    spend_nanos      numeric(38, 0) NOT NULL,
    late_events      int8           NOT NULL,
    PRIMARY KEY (minute, campaign_id, advertiser_id, currency, source_partition)
) PARTITION BY RANGE (minute);

CREATE TABLE "spend".minute_other PARTITION OF "spend".minute_by_partition DEFAULT;
-- Spares the scan of this table whenever a day is added.
ALTER TABLE "spend".minute_other ADD CONSTRAINT minute_other_years CHECK (
    minute < timestamptz '2020-01-01 00:00:00+00' OR minute >= timestamptz '2040-01-01 00:00:00+00');

-- Makes the partition of the UTC day that begins at a moment, if it is not there and lies within the years above.
-- Attaching leaves readers and writers of the other days alone.
CREATE FUNCTION "spend".ensure_day(day timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    name text := format('minute_%s', to_char(day AT TIME ZONE 'UTC', 'YYYYMMDD'));
BEGIN
    IF day < timestamptz '2020-01-01 00:00:00+00' OR day >= timestamptz '2040-01-01 00:00:00+00' THEN RETURN; END IF;
    IF to_regclass(format('"spend".%I', name)) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('"spend".minute_by_partition', 0));
    -- By a query, which sees what was committed while this waited; to_regclass may answer from a cache that does not.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_class AS parent USING (relnamespace)
        WHERE parent.oid = '"spend".minute_by_partition'::regclass AND c.relname = name
    ) THEN RETURN; END IF;
    -- Room on each page keeps the updates of counters off the index.
    EXECUTE format(
        'CREATE TABLE "spend".%I (LIKE "spend".minute_by_partition INCLUDING DEFAULTS INCLUDING CONSTRAINTS) '
        'WITH (fillfactor = 80)', name);
    EXECUTE format(
        'ALTER TABLE "spend".minute_by_partition ATTACH PARTITION "spend".%I FOR VALUES FROM (%L) TO (%L)', name,
        day, day + interval '24 hours');
END
$body$;

CREATE VIEW "spend".minute AS
SELECT advertiser_id, campaign_id, minute, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(late_events)::int8 AS late_events
FROM "spend".minute_by_partition
GROUP BY advertiser_id, campaign_id, minute, currency;

COMMENT ON VIEW "spend".minute IS 'Spend and counts of each minute of event time: one row an advertiser, campaign, minute and currency.';
COMMENT ON COLUMN "spend".minute.minute IS 'Where the minute of event time begins, UTC.';
COMMENT ON COLUMN "spend".minute.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".minute.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".minute.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".minute.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".minute.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".minute.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".minute.spend_nanos IS 'Charges in billionths of the currency.';
COMMENT ON COLUMN "spend".minute.late_events IS 'How many of the valid events came after the watermark had passed the end of the minute.';
