-- The levels above the minute: hour, day (in the advertiser's time zone) and lifetime of a campaign; hours of ads, ad
-- groups, placements and countries; days and lifetimes of advertisers. And what each window says of itself: whether it
-- is open, closed or corrected, how often it changed, and when.
--
-- Rows are kept by source partition and summed in views, as the minutes are. What can be summed from another level in
-- the view (ad groups from ads, advertisers from campaigns) is not stored.
--
-- The version before writes minutes only. While processes of both run side by side, triggers derive the other levels
-- from its rows; what it does not know (the ad, the placement, the country) goes to 0 and the empty country.

LOCK TABLE "spend".minute_by_partition IN ACCESS EXCLUSIVE MODE;

-- Minutes: what changed when.

ALTER TABLE "spend".minute_by_partition
    ADD COLUMN revision int8 NOT NULL DEFAULT 1,
    ADD COLUMN corrections int8 NOT NULL DEFAULT 0,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN changed_in int8 NOT NULL DEFAULT 0;

-- Minutes before this moment were dropped, and are not stored any more.
CREATE TABLE "spend".minute_retention (
    is_only   bool PRIMARY KEY DEFAULT true CHECK (is_only),
    kept_from timestamptz NOT NULL
);
INSERT INTO "spend".minute_retention (kept_from) VALUES ('-infinity');

-- Days: the zone table.

CREATE TABLE "spend".advertiser_zone (
    advertiser_id  int8        NOT NULL,
    effective_from date        NOT NULL,
    zone           text        NOT NULL,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    last_day       date        NOT NULL,
    rules          text        NOT NULL,
    set_at         timestamptz NOT NULL DEFAULT now(),
    set_by         text        NOT NULL DEFAULT session_user,
    PRIMARY KEY (advertiser_id, effective_from)
);

COMMENT ON TABLE "spend".advertiser_zone IS 'In which time zone an advertiser''s days are cut, from which date on. Changed by "spend".set_zone alone. Without a row: UTC.';
COMMENT ON COLUMN "spend".advertiser_zone.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".advertiser_zone.effective_from IS 'The first day that is cut in this zone; -infinity for the zone before the first change.';
COMMENT ON COLUMN "spend".advertiser_zone.zone IS 'Name in the IANA time zone database.';
COMMENT ON COLUMN "spend".advertiser_zone.starts_at IS 'When that day begins.';
COMMENT ON COLUMN "spend".advertiser_zone.ends_at IS 'When the next zone begins; infinity for the last one.';
COMMENT ON COLUMN "spend".advertiser_zone.last_day IS 'The last day that is cut in this zone. It ends at ends_at and may be shorter or longer than others.';
COMMENT ON COLUMN "spend".advertiser_zone.rules IS 'Fingerprint of the zone''s rules (its offsets from 2000 to 2060) when the row was made: tells whether a later time zone database cuts days otherwise.';
COMMENT ON COLUMN "spend".advertiser_zone.set_at IS 'When the row was made.';
COMMENT ON COLUMN "spend".advertiser_zone.set_by IS 'The role that made it.';

-- The first moment of a day. An hour that comes twice at midnight belongs to the new day both times.
CREATE FUNCTION "spend".day_start(day date, zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $body$
    SELECT CASE WHEN ((at - interval '1 hour') AT TIME ZONE zone)::date = day THEN at - interval '1 hour' ELSE at END
    FROM (SELECT day::timestamp AT TIME ZONE zone) AS midnight(at)
$body$;

-- The changes of a zone's offset, hashed: half-hourly looks would be slow, and changes are months apart. 24 hours and
-- seconds, because a day and the text of an interval depend on the session's settings.
CREATE FUNCTION "spend".zone_rules(zone text) RETURNS text LANGUAGE sql STABLE AS $body$
    SELECT md5(string_agg(extract(epoch FROM (at AT TIME ZONE 'UTC') - (at AT TIME ZONE zone))::int4::text, ',' ORDER BY at))
    FROM generate_series(timestamptz '2000-01-01 00:00:00+00', timestamptz '2060-01-01 00:00:00+00', interval '24 hours') AS series(at)
$body$;

-- One lock for what defines the results' windows: shared by every transaction that writes results, exclusive for
-- whoever changes a zone, a budget or what is retained.
-- The version before knows nothing of it: it is waited for by the table that it writes.
CREATE FUNCTION "spend".lock_definitions() RETURNS void LANGUAGE sql AS $body$
    SELECT pg_advisory_xact_lock(hashtextextended('"spend".definitions', 0));
    LOCK TABLE ONLY "spend".minute_by_partition IN SHARE MODE
$body$;

-- Begins a transaction that writes results: takes the lock above and says that it derives the levels itself.
CREATE FUNCTION "spend".begin_results() RETURNS void LANGUAGE sql AS $body$
    SELECT pg_advisory_xact_lock_shared(hashtextextended('"spend".definitions', 0)),
        set_config('sluice.levels', 'derived', true)
$body$;

CREATE FUNCTION "spend".set_zone(of_advertiser int8, new_zone text, from_day date) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    begins timestamptz;
    latest date;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = new_zone) THEN
        RAISE EXCEPTION 'PostgreSQL does not know the time zone "%"', new_zone
            USING ERRCODE = '22023', HINT = 'Use a name of the IANA database, such as Europe/Berlin; pg_timezone_names has them all.';
    END IF;
    IF NOT coalesce(isfinite(from_day), false) THEN
        RAISE EXCEPTION 'a zone begins on a date, not on %', coalesce(from_day::text, 'NULL')
            USING ERRCODE = '22023', HINT = 'For all days there are, name one before the first event.';
    END IF;
    PERFORM "spend".lock_definitions();
    begins := "spend".day_start(from_day, new_zone);
    SELECT max(effective_from) INTO latest FROM "spend".advertiser_zone
        WHERE advertiser_id = of_advertiser AND effective_from > '-infinity';
    IF latest >= from_day THEN
        RAISE EXCEPTION 'advertiser % has a zone from % on already', of_advertiser, latest
            USING ERRCODE = '22023', HINT = 'A zone can only be set for days after the last change.';
    END IF;
    -- Zones are up to 26 hours apart, so that the later date may begin earlier.
    IF EXISTS (SELECT FROM "spend".advertiser_zone WHERE advertiser_id = of_advertiser AND starts_at >= begins) THEN
        RAISE EXCEPTION 'the day % of % begins before the first day of the zone of advertiser % does', from_day, new_zone, of_advertiser
            USING ERRCODE = '22023', HINT = 'Choose a later day.';
    END IF;
    -- The last day of the zone before ends where the new one begins: earlier or later than it would have ended.
    SELECT max(day) INTO latest FROM "spend".day_by_partition
        WHERE advertiser_id = of_advertiser AND (ends_at > begins OR day = from_day - 1 AND ends_at <> begins);
    IF latest IS NOT NULL THEN
        RAISE EXCEPTION 'advertiser % has spend on % already, which begins or ends after %', of_advertiser, latest, begins
            USING ERRCODE = '22023', HINT = 'Days that have results keep their zone: choose a later day.';
    END IF;
    IF NOT EXISTS (SELECT FROM "spend".advertiser_zone WHERE advertiser_id = of_advertiser) THEN
        INSERT INTO "spend".advertiser_zone VALUES
            (of_advertiser, '-infinity', 'UTC', '-infinity', begins, from_day - 1, "spend".zone_rules('UTC'));
    ELSE
        UPDATE "spend".advertiser_zone SET ends_at = begins, last_day = from_day - 1
            WHERE advertiser_id = of_advertiser AND ends_at = 'infinity';
    END IF;
    INSERT INTO "spend".advertiser_zone VALUES
        (of_advertiser, from_day, new_zone, begins, 'infinity', 'infinity', "spend".zone_rules(new_zone));
END
$body$;

COMMENT ON FUNCTION "spend".set_zone(int8, text, date) IS 'Cuts an advertiser''s days in another time zone from a date on, which must be later than all its days that have results.';

-- The levels. `source` says what a row comes of: e events, a adjustments.

CREATE TABLE "spend".measures (
    source           "char"         NOT NULL CHECK (source IN ('e', 'a')),
    source_partition int4           NOT NULL,
    impressions      int8           NOT NULL DEFAULT 0,
    clicks           int8           NOT NULL DEFAULT 0,
    conversions      int8           NOT NULL DEFAULT 0,
    video_views      int8           NOT NULL DEFAULT 0,
    invalid_events   int8           NOT NULL DEFAULT 0,
    late_events      int8           NOT NULL DEFAULT 0,
    spend_nanos      numeric(38, 0) NOT NULL DEFAULT 0,
    adjustments      int8           NOT NULL DEFAULT 0,
    adjustment_nanos numeric(38, 0) NOT NULL DEFAULT 0,
    revision         int8           NOT NULL DEFAULT 1,
    corrections      int8           NOT NULL DEFAULT 0,
    changed_at       timestamptz    NOT NULL DEFAULT now(),
    changed_in       int8           NOT NULL DEFAULT 0
);

CREATE TABLE "spend".hour_by_partition (
    hour timestamptz NOT NULL, campaign_id int8 NOT NULL, advertiser_id int8 NOT NULL, currency text NOT NULL,
    LIKE "spend".measures INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (hour, campaign_id, advertiser_id, currency, source, source_partition)
) WITH (fillfactor = 50);

CREATE TABLE "spend".day_by_partition (
    day date NOT NULL, campaign_id int8 NOT NULL, advertiser_id int8 NOT NULL, currency text NOT NULL,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
    LIKE "spend".measures INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (day, campaign_id, advertiser_id, currency, source, source_partition)
) WITH (fillfactor = 50);
CREATE INDEX day_by_advertiser ON "spend".day_by_partition (advertiser_id, day);

CREATE TABLE "spend".lifetime_by_partition (
    campaign_id int8 NOT NULL, advertiser_id int8 NOT NULL, currency text NOT NULL,
    LIKE "spend".measures INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (campaign_id, advertiser_id, currency, source, source_partition)
) WITH (fillfactor = 50);

CREATE TABLE "spend".ad_hour_by_partition (
    hour timestamptz NOT NULL, campaign_id int8 NOT NULL, advertiser_id int8 NOT NULL, currency text NOT NULL,
    ad_group_id int8 NOT NULL, ad_id int8 NOT NULL,
    LIKE "spend".measures INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (hour, campaign_id, advertiser_id, currency, ad_group_id, ad_id, source, source_partition)
) WITH (fillfactor = 50);

CREATE TABLE "spend".placement_hour_by_partition (
    hour timestamptz NOT NULL, campaign_id int8 NOT NULL, advertiser_id int8 NOT NULL, currency text NOT NULL,
    placement int4 NOT NULL,
    LIKE "spend".measures INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (hour, campaign_id, advertiser_id, currency, placement, source, source_partition)
) WITH (fillfactor = 50);

CREATE TABLE "spend".country_hour_by_partition (
    hour timestamptz NOT NULL, campaign_id int8 NOT NULL, advertiser_id int8 NOT NULL, currency text NOT NULL,
    country text NOT NULL,
    LIKE "spend".measures INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (hour, campaign_id, advertiser_id, currency, country, source, source_partition)
) WITH (fillfactor = 50);

-- Late events of minutes that are not kept any more: in the levels above, and here.
CREATE TABLE "spend".beyond_retention_by_partition (
    minute timestamptz NOT NULL, campaign_id int8 NOT NULL, advertiser_id int8 NOT NULL, currency text NOT NULL,
    LIKE "spend".measures INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (minute, campaign_id, advertiser_id, currency, source, source_partition)
);

-- From which part of a level on there are changes: the newest transaction that changed it, so that asking what changed
-- does not read what did not.
CREATE TABLE "spend".level_change (
    level            text   NOT NULL,
    part             date   NOT NULL,
    source           "char" NOT NULL,
    source_partition int4   NOT NULL,
    changed_in       int8   NOT NULL,
    PRIMARY KEY (level, part, source, source_partition)
) WITH (fillfactor = 50);

COMMENT ON TABLE "spend".level_change IS 'The newest transaction that changed a level''s windows of a UTC date (a day''s: of that day).';

-- How often results were taken back: what was read before cannot be brought up to date by changes alone.
CREATE TABLE "spend".generation (
    is_only bool PRIMARY KEY DEFAULT true CHECK (is_only),
    number  int8 NOT NULL
);
INSERT INTO "spend".generation (number) VALUES (1);

-- Adjustments: the ledger.

CREATE TABLE "spend".adjustment (
    adjustment_id    bytea          PRIMARY KEY CHECK (length(adjustment_id) = 16),
    event_time       timestamptz    NOT NULL,
    advertiser_id    int8           NOT NULL,
    campaign_id      int8           NOT NULL,
    ad_group_id      int8           NOT NULL,
    ad_id            int8           NOT NULL,
    amount_nanos     numeric(38, 0) NOT NULL,
    currency         text           NOT NULL,
    reason           text           NOT NULL,
    reference        text           NOT NULL,
    source_partition int4           NOT NULL,
    repeats          int8           NOT NULL DEFAULT 0,
    conflicts        int8           NOT NULL DEFAULT 0,
    recorded_at      timestamptz    NOT NULL DEFAULT now()
);
CREATE INDEX adjustment_by_campaign ON "spend".adjustment (campaign_id, event_time);
-- Of a ledger that grows for ever these are counted every ten seconds.
CREATE INDEX adjustment_conflicts ON "spend".adjustment (adjustment_id) WHERE conflicts > 0;

COMMENT ON TABLE "spend".adjustment IS 'Every credit and further charge, once for ever by its id.';
COMMENT ON COLUMN "spend".adjustment.adjustment_id IS 'Unique for ever, given by whoever adjusts.';
COMMENT ON COLUMN "spend".adjustment.event_time IS 'The moment of what is corrected: decides which hour and day are.';
COMMENT ON COLUMN "spend".adjustment.ad_group_id IS '0: the campaign as a whole.';
COMMENT ON COLUMN "spend".adjustment.ad_id IS '0: the campaign or the ad group as a whole.';
COMMENT ON COLUMN "spend".adjustment.amount_nanos IS 'Billionths of the currency; below 0 a credit to the advertiser.';
COMMENT ON COLUMN "spend".adjustment.reason IS 'A fixed code, such as invalid_traffic.';
COMMENT ON COLUMN "spend".adjustment.reference IS 'Where the decision is recorded.';
COMMENT ON COLUMN "spend".adjustment.source_partition IS 'The partition of the adjustments'' topic that it came from.';
COMMENT ON COLUMN "spend".adjustment.repeats IS 'How often it came again; only the first one counts.';
COMMENT ON COLUMN "spend".adjustment.conflicts IS 'How many of those said something else than the first: somebody has used an id twice.';
COMMENT ON COLUMN "spend".adjustment.recorded_at IS 'When the transaction began that recorded it.';

-- Money: what reports convert with. The ledger never does.

CREATE TABLE "spend".exchange_rate (
    from_currency text    NOT NULL CHECK (from_currency ~ '^[A-Z]{3}$'),
    to_currency   text    NOT NULL CHECK (to_currency ~ '^[A-Z]{3}$'),
    valid_from    date    NOT NULL,
    rate          numeric NOT NULL CHECK (rate > 0 AND rate < 'infinity'),
    source        text    NOT NULL DEFAULT '',
    PRIMARY KEY (from_currency, to_currency, valid_from)
);

COMMENT ON TABLE "spend".exchange_rate IS 'Dated rates for reports. An amount of a day is multiplied by the newest rate that is valid on that day.';
COMMENT ON COLUMN "spend".exchange_rate.from_currency IS 'ISO 4217: what is converted.';
COMMENT ON COLUMN "spend".exchange_rate.to_currency IS 'ISO 4217: into what.';
COMMENT ON COLUMN "spend".exchange_rate.valid_from IS 'The first day that it holds for, until the next one.';
COMMENT ON COLUMN "spend".exchange_rate.rate IS 'Units of to_currency for one of from_currency.';
COMMENT ON COLUMN "spend".exchange_rate.source IS 'Who says so.';

-- Budgets: what a campaign may spend, and what it has spent on the days of its own time zone that are not over.

CREATE TABLE "spend".campaign_budget (
    campaign_id      int8        PRIMARY KEY,
    advertiser_id    int8        NOT NULL,
    currency         text        NOT NULL,
    daily_nanos      int8        NOT NULL CHECK (daily_nanos >= 0),
    lifetime_nanos   int8        NOT NULL CHECK (lifetime_nanos >= 0),
    zone             text        NOT NULL,
    starts_at        timestamptz NOT NULL,
    ends_at          timestamptz NOT NULL,
    version          int8        NOT NULL,
    lane             int4        NOT NULL,
    source_partition int4        NOT NULL,
    record_offset    int8        NOT NULL,
    stale_versions   int8        NOT NULL DEFAULT 0,
    received_at      timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE "spend".campaign_budget IS 'The newest budget of each campaign, from the topic of budgets. 0 nanos: no such budget.';
COMMENT ON COLUMN "spend".campaign_budget.lane IS 'In which lane of the outbox its signals go: the partition that its first budget came in.';
COMMENT ON COLUMN "spend".campaign_budget.stale_versions IS 'Budgets with an older version that came later, and were ignored.';

CREATE TABLE "spend".budget_day_by_partition (
    campaign_id      int8           NOT NULL,
    day              date           NOT NULL,
    source           "char"         NOT NULL,
    source_partition int4           NOT NULL,
    spend_nanos      numeric(38, 0) NOT NULL,
    adjustment_nanos numeric(38, 0) NOT NULL,
    PRIMARY KEY (campaign_id, day, source, source_partition)
) WITH (fillfactor = 50);

COMMENT ON TABLE "spend".budget_day_by_partition IS 'Days of campaigns with a budget, in the campaign''s zone and the budget''s currency. Days that are over are removed.';

-- Which day of its advertiser a moment belongs to.
CREATE FUNCTION "spend".advertiser_day(of_advertiser int8, moment timestamptz) RETURNS date LANGUAGE sql STABLE AS $body$
    SELECT coalesce(
        (SELECT least((moment AT TIME ZONE z.zone)::date, z.last_day) FROM "spend".advertiser_zone AS z
         WHERE z.advertiser_id = of_advertiser AND moment >= z.starts_at AND moment < z.ends_at),
        (moment AT TIME ZONE 'UTC')::date)
$body$;

-- Adds changes of minutes (or of adjustments) to the hour, the day and the lifetime of their campaigns. A change of a
-- window that ended before `closed_until` (for events the watermark that was committed before) is a correction.
CREATE FUNCTION "spend".derive_levels(
    of_source "char", partitions int4[], moments timestamptz[], campaigns int8[], advertisers int8[], currencies text[],
    impressions int8[], clicks int8[], conversions int8[], video_views int8[], invalid_events int8[], late_events int8[],
    spend_nanos numeric[], adjustments int8[], adjustment_nanos numeric[], closed_until timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
    WITH given AS MATERIALIZED (
        SELECT d.*, date_bin('1 hour', d.moment, timestamptz '2000-01-01 00:00:00+00') AS hour,
            coalesce(z.zone, 'UTC') AS zone, coalesce(z.last_day, 'infinity') AS last_day,
            coalesce(z.ends_at, 'infinity') AS zone_ends_at,
            coalesce(least((d.moment AT TIME ZONE z.zone)::date, z.last_day), (d.moment AT TIME ZONE 'UTC')::date) AS day
        FROM unnest(partitions, moments, campaigns, advertisers, currencies, impressions, clicks, conversions,
            video_views, invalid_events, late_events, spend_nanos, adjustments, adjustment_nanos, closed_until)
            AS d(source_partition, moment, campaign_id, advertiser_id, currency, impressions, clicks, conversions,
                video_views, invalid_events, late_events, spend_nanos, adjustments, adjustment_nanos, closed_until)
        LEFT JOIN "spend".advertiser_zone AS z
            ON z.advertiser_id = d.advertiser_id AND d.moment >= z.starts_at AND d.moment < z.ends_at
    ), hours AS (
        INSERT INTO "spend".hour_by_partition AS h (hour, campaign_id, advertiser_id, currency, source, source_partition,
            impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos, adjustments,
            adjustment_nanos, corrections, changed_in)
        SELECT hour, campaign_id, advertiser_id, currency, of_source, source_partition, sum(impressions), sum(clicks),
            sum(conversions), sum(video_views), sum(invalid_events), sum(late_events), sum(spend_nanos),
            sum(adjustments), sum(adjustment_nanos), coalesce((hour + interval '1 hour' <= max(closed_until))::int, 0),
            pg_current_xact_id()::text::int8
        FROM given GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (hour, campaign_id, advertiser_id, currency, source, source_partition) DO UPDATE SET
            impressions = h.impressions + excluded.impressions, clicks = h.clicks + excluded.clicks,
            conversions = h.conversions + excluded.conversions, video_views = h.video_views + excluded.video_views,
            invalid_events = h.invalid_events + excluded.invalid_events,
            late_events = h.late_events + excluded.late_events, spend_nanos = h.spend_nanos + excluded.spend_nanos,
            adjustments = h.adjustments + excluded.adjustments,
            adjustment_nanos = h.adjustment_nanos + excluded.adjustment_nanos, revision = h.revision + 1,
            corrections = h.corrections + excluded.corrections, changed_at = excluded.changed_at,
            changed_in = excluded.changed_in
    ), spans AS MATERIALIZED (
        SELECT zone, day, last_day, zone_ends_at, "spend".day_start(day, zone) AS starts_at,
            CASE WHEN day = last_day THEN zone_ends_at
                ELSE least("spend".day_start(day + 1, zone), zone_ends_at) END AS ends_at
        FROM (SELECT DISTINCT zone, day, last_day, zone_ends_at FROM given) AS cut
    ), days AS (
        INSERT INTO "spend".day_by_partition AS d (day, campaign_id, advertiser_id, currency, starts_at, ends_at, source,
            source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            adjustments, adjustment_nanos, corrections, changed_in)
        SELECT day, campaign_id, advertiser_id, currency, min(starts_at), min(ends_at), of_source, source_partition,
            sum(impressions), sum(clicks), sum(conversions), sum(video_views), sum(invalid_events), sum(late_events),
            sum(spend_nanos), sum(adjustments), sum(adjustment_nanos),
            coalesce((min(ends_at) <= max(closed_until))::int, 0), pg_current_xact_id()::text::int8
        FROM given JOIN spans USING (zone, day, last_day, zone_ends_at)
        GROUP BY day, campaign_id, advertiser_id, currency, source_partition
        ORDER BY day, campaign_id, advertiser_id, currency, source_partition
        ON CONFLICT (day, campaign_id, advertiser_id, currency, source, source_partition) DO UPDATE SET
            impressions = d.impressions + excluded.impressions, clicks = d.clicks + excluded.clicks,
            conversions = d.conversions + excluded.conversions, video_views = d.video_views + excluded.video_views,
            invalid_events = d.invalid_events + excluded.invalid_events,
            late_events = d.late_events + excluded.late_events, spend_nanos = d.spend_nanos + excluded.spend_nanos,
            adjustments = d.adjustments + excluded.adjustments,
            adjustment_nanos = d.adjustment_nanos + excluded.adjustment_nanos, revision = d.revision + 1,
            corrections = d.corrections + excluded.corrections, changed_at = excluded.changed_at,
            changed_in = excluded.changed_in
    ), lifetimes AS (
        INSERT INTO "spend".lifetime_by_partition AS l (campaign_id, advertiser_id, currency, source, source_partition,
            impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos, adjustments,
            adjustment_nanos, changed_in)
        SELECT campaign_id, advertiser_id, currency, of_source, source_partition, sum(impressions), sum(clicks),
            sum(conversions), sum(video_views), sum(invalid_events), sum(late_events), sum(spend_nanos),
            sum(adjustments), sum(adjustment_nanos), pg_current_xact_id()::text::int8
        FROM given GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (campaign_id, advertiser_id, currency, source, source_partition) DO UPDATE SET
            impressions = l.impressions + excluded.impressions, clicks = l.clicks + excluded.clicks,
            conversions = l.conversions + excluded.conversions, video_views = l.video_views + excluded.video_views,
            invalid_events = l.invalid_events + excluded.invalid_events,
            late_events = l.late_events + excluded.late_events, spend_nanos = l.spend_nanos + excluded.spend_nanos,
            adjustments = l.adjustments + excluded.adjustments,
            adjustment_nanos = l.adjustment_nanos + excluded.adjustment_nanos, revision = l.revision + 1,
            changed_at = excluded.changed_at, changed_in = excluded.changed_in
    ), budget_days AS (
        INSERT INTO "spend".budget_day_by_partition AS b (campaign_id, day, source, source_partition, spend_nanos,
            adjustment_nanos)
        SELECT g.campaign_id, (g.moment AT TIME ZONE c.zone)::date, of_source, g.source_partition, sum(g.spend_nanos),
            sum(g.adjustment_nanos)
        FROM given AS g JOIN "spend".campaign_budget AS c USING (campaign_id, currency)
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (campaign_id, day, source, source_partition) DO UPDATE SET
            spend_nanos = b.spend_nanos + excluded.spend_nanos,
            adjustment_nanos = b.adjustment_nanos + excluded.adjustment_nanos
    )
    INSERT INTO "spend".level_change AS c (level, part, source, source_partition, changed_in)
    SELECT DISTINCT level, part, of_source, source_partition, pg_current_xact_id()::text::int8
    FROM given CROSS JOIN LATERAL (VALUES ('hour', (hour AT TIME ZONE 'UTC')::date), ('day', day)) AS parts(level, part)
    ORDER BY 1, 2, 3, 4
    ON CONFLICT (level, part, source, source_partition) DO UPDATE SET changed_in = excluded.changed_in;
END
$body$;

-- Up to when windows were closed for each of the given changes: the watermark that its partition had committed before, or,
-- where the partition was idle until this transaction, the one that the others had reached without it.
CREATE FUNCTION "spend".closed_for(partitions int4[], closed timestamptz[]) RETURNS timestamptz[] LANGUAGE sql STABLE AS $body$
    WITH events AS MATERIALIZED (
        SELECT p.partition, p.watermark, p.idle_offset IS DISTINCT FROM p.next_offset AS is_busy,
            coalesce(p.idle_offset <> p.next_offset, false) AS is_woken
        FROM "sluice".output AS o JOIN "sluice".progress AS p USING (job, topic)
        WHERE o.source = '' AND o.schema_name = (
            SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid = '"spend".minute_by_partition'::regclass)
    ), woken AS MATERIALIZED (
        SELECT w.partition, (
            SELECT coalesce(min(e.watermark) FILTER (WHERE e.is_busy AND NOT e.is_woken), max(e.watermark))
            FROM events AS e WHERE e.partition <> w.partition) AS closed
        FROM events AS w WHERE w.is_woken AND w.partition = ANY(partitions)
    )
    SELECT CASE WHEN EXISTS (SELECT FROM woken) THEN (
        SELECT array_agg(greatest(g.closed, w.closed) ORDER BY g.place)
        FROM unnest(partitions, closed) WITH ORDINALITY AS g(partition, closed, place) LEFT JOIN woken AS w USING (partition)
    ) ELSE closed END
$body$;

-- Adds a checkpoint's changes to the minutes and to the levels above them.
CREATE FUNCTION "spend".add_minutes(
    partitions int4[], minutes timestamptz[], campaigns int8[], advertisers int8[], currencies text[],
    impressions int8[], clicks int8[], conversions int8[], video_views int8[], invalid_events int8[], late_events int8[],
    spend_nanos numeric[], closed_until timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
    closed_until := "spend".closed_for(partitions, closed_until);
    WITH given AS MATERIALIZED (
        SELECT d.*, d.minute >= kept_from AS is_kept,
            coalesce((d.minute + interval '1 minute' <= closed_until)::int, 0) AS corrections
        FROM unnest(partitions, minutes, campaigns, advertisers, currencies, impressions, clicks, conversions,
            video_views, invalid_events, late_events, spend_nanos, closed_until)
            AS d(source_partition, minute, campaign_id, advertiser_id, currency, impressions, clicks, conversions,
                video_views, invalid_events, late_events, spend_nanos, closed_until)
        CROSS JOIN "spend".minute_retention
    ), kept AS (
        INSERT INTO "spend".minute_by_partition AS m (minute, campaign_id, advertiser_id, currency, source_partition,
            impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos, corrections,
            changed_in)
        SELECT minute, campaign_id, advertiser_id, currency, source_partition, impressions, clicks, conversions,
            video_views, invalid_events, late_events, spend_nanos, corrections, pg_current_xact_id()::text::int8
        FROM given WHERE is_kept
        ON CONFLICT (minute, campaign_id, advertiser_id, currency, source_partition) DO UPDATE SET
            impressions = m.impressions + excluded.impressions, clicks = m.clicks + excluded.clicks,
            conversions = m.conversions + excluded.conversions, video_views = m.video_views + excluded.video_views,
            invalid_events = m.invalid_events + excluded.invalid_events,
            late_events = m.late_events + excluded.late_events, spend_nanos = m.spend_nanos + excluded.spend_nanos,
            revision = m.revision + 1, corrections = m.corrections + excluded.corrections,
            changed_at = excluded.changed_at, changed_in = excluded.changed_in
    ), dropped AS (
        INSERT INTO "spend".beyond_retention_by_partition AS b (minute, campaign_id, advertiser_id, currency, source,
            source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            corrections, changed_in)
        SELECT minute, campaign_id, advertiser_id, currency, 'e', source_partition, impressions, clicks, conversions,
            video_views, invalid_events, late_events, spend_nanos, corrections, pg_current_xact_id()::text::int8
        FROM given WHERE NOT is_kept
        ON CONFLICT (minute, campaign_id, advertiser_id, currency, source, source_partition) DO UPDATE SET
            impressions = b.impressions + excluded.impressions, clicks = b.clicks + excluded.clicks,
            conversions = b.conversions + excluded.conversions, video_views = b.video_views + excluded.video_views,
            invalid_events = b.invalid_events + excluded.invalid_events,
            late_events = b.late_events + excluded.late_events, spend_nanos = b.spend_nanos + excluded.spend_nanos,
            revision = b.revision + 1, corrections = b.corrections + excluded.corrections,
            changed_at = excluded.changed_at, changed_in = excluded.changed_in
    )
    INSERT INTO "spend".level_change AS c (level, part, source, source_partition, changed_in)
    SELECT DISTINCT 'minute', (minute AT TIME ZONE 'UTC')::date, 'e'::"char", source_partition,
        pg_current_xact_id()::text::int8
    FROM given WHERE is_kept ORDER BY 2, 4
    ON CONFLICT (level, part, source, source_partition) DO UPDATE SET changed_in = excluded.changed_in;

    PERFORM "spend".derive_levels('e', partitions, minutes, campaigns, advertisers, currencies, impressions, clicks,
        conversions, video_views, invalid_events, late_events, spend_nanos, array_fill(0::int8, ARRAY[cardinality(minutes)]),
        array_fill(0::numeric, ARRAY[cardinality(minutes)]), closed_until);
END
$body$;

-- What an hour of a campaign is made of: by ad (of events and of adjustments), by placement and by country (of events).
CREATE FUNCTION "spend".add_ad_hours(
    of_source "char", partitions int4[], hours timestamptz[], campaigns int8[], advertisers int8[], currencies text[],
    ad_groups int8[], ads int8[], impressions int8[], clicks int8[], conversions int8[], video_views int8[],
    invalid_events int8[], late_events int8[], spend_nanos numeric[], adjustments int8[], adjustment_nanos numeric[],
    closed_until timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
    IF of_source = 'e' THEN closed_until := "spend".closed_for(partitions, closed_until); END IF;
    WITH added AS (
        INSERT INTO "spend".ad_hour_by_partition AS h (hour, campaign_id, advertiser_id, currency, ad_group_id, ad_id,
            source, source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events,
            spend_nanos, adjustments, adjustment_nanos, corrections, changed_in)
        SELECT hour, campaign_id, advertiser_id, currency, ad_group_id, ad_id, of_source, source_partition, impressions,
            clicks, conversions, video_views, invalid_events, late_events, spend_nanos, adjustments, adjustment_nanos,
            coalesce((hour + interval '1 hour' <= closed_until)::int, 0), pg_current_xact_id()::text::int8
        FROM unnest(partitions, hours, campaigns, advertisers, currencies, ad_groups, ads, impressions, clicks,
            conversions, video_views, invalid_events, late_events, spend_nanos, adjustments, adjustment_nanos,
            closed_until)
            AS d(source_partition, hour, campaign_id, advertiser_id, currency, ad_group_id, ad_id, impressions, clicks,
                conversions, video_views, invalid_events, late_events, spend_nanos, adjustments, adjustment_nanos,
                closed_until)
        ON CONFLICT (hour, campaign_id, advertiser_id, currency, ad_group_id, ad_id, source, source_partition)
        DO UPDATE SET
            impressions = h.impressions + excluded.impressions, clicks = h.clicks + excluded.clicks,
            conversions = h.conversions + excluded.conversions, video_views = h.video_views + excluded.video_views,
            invalid_events = h.invalid_events + excluded.invalid_events,
            late_events = h.late_events + excluded.late_events, spend_nanos = h.spend_nanos + excluded.spend_nanos,
            adjustments = h.adjustments + excluded.adjustments,
            adjustment_nanos = h.adjustment_nanos + excluded.adjustment_nanos, revision = h.revision + 1,
            corrections = h.corrections + excluded.corrections, changed_at = excluded.changed_at,
            changed_in = excluded.changed_in
        RETURNING hour, source_partition
    )
    INSERT INTO "spend".level_change AS c (level, part, source, source_partition, changed_in)
    SELECT DISTINCT 'ad_hour', (hour AT TIME ZONE 'UTC')::date, of_source, source_partition,
        pg_current_xact_id()::text::int8
    FROM added ORDER BY 2, 4
    ON CONFLICT (level, part, source, source_partition) DO UPDATE SET changed_in = excluded.changed_in;
END
$body$;

CREATE FUNCTION "spend".add_placement_hours(
    partitions int4[], hours timestamptz[], campaigns int8[], advertisers int8[], currencies text[], placements int4[],
    impressions int8[], clicks int8[], conversions int8[], video_views int8[], invalid_events int8[], late_events int8[],
    spend_nanos numeric[], closed_until timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
    closed_until := "spend".closed_for(partitions, closed_until);
    WITH added AS (
        INSERT INTO "spend".placement_hour_by_partition AS h (hour, campaign_id, advertiser_id, currency, placement,
            source, source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events,
            spend_nanos, corrections, changed_in)
        SELECT hour, campaign_id, advertiser_id, currency, placement, 'e', source_partition, impressions, clicks,
            conversions, video_views, invalid_events, late_events, spend_nanos,
            coalesce((hour + interval '1 hour' <= closed_until)::int, 0), pg_current_xact_id()::text::int8
        FROM unnest(partitions, hours, campaigns, advertisers, currencies, placements, impressions, clicks, conversions,
            video_views, invalid_events, late_events, spend_nanos, closed_until)
            AS d(source_partition, hour, campaign_id, advertiser_id, currency, placement, impressions, clicks,
                conversions, video_views, invalid_events, late_events, spend_nanos, closed_until)
        ON CONFLICT (hour, campaign_id, advertiser_id, currency, placement, source, source_partition) DO UPDATE SET
            impressions = h.impressions + excluded.impressions, clicks = h.clicks + excluded.clicks,
            conversions = h.conversions + excluded.conversions, video_views = h.video_views + excluded.video_views,
            invalid_events = h.invalid_events + excluded.invalid_events,
            late_events = h.late_events + excluded.late_events, spend_nanos = h.spend_nanos + excluded.spend_nanos,
            revision = h.revision + 1, corrections = h.corrections + excluded.corrections,
            changed_at = excluded.changed_at, changed_in = excluded.changed_in
        RETURNING hour, source_partition
    )
    INSERT INTO "spend".level_change AS c (level, part, source, source_partition, changed_in)
    SELECT DISTINCT 'placement_hour', (hour AT TIME ZONE 'UTC')::date, 'e'::"char", source_partition,
        pg_current_xact_id()::text::int8
    FROM added ORDER BY 2, 4
    ON CONFLICT (level, part, source, source_partition) DO UPDATE SET changed_in = excluded.changed_in;
END
$body$;

CREATE FUNCTION "spend".add_country_hours(
    partitions int4[], hours timestamptz[], campaigns int8[], advertisers int8[], currencies text[], countries text[],
    impressions int8[], clicks int8[], conversions int8[], video_views int8[], invalid_events int8[], late_events int8[],
    spend_nanos numeric[], closed_until timestamptz[]
) RETURNS void LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
    closed_until := "spend".closed_for(partitions, closed_until);
    WITH added AS (
        INSERT INTO "spend".country_hour_by_partition AS h (hour, campaign_id, advertiser_id, currency, country,
            source, source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events,
            spend_nanos, corrections, changed_in)
        SELECT hour, campaign_id, advertiser_id, currency, country, 'e', source_partition, impressions, clicks,
            conversions, video_views, invalid_events, late_events, spend_nanos,
            coalesce((hour + interval '1 hour' <= closed_until)::int, 0), pg_current_xact_id()::text::int8
        FROM unnest(partitions, hours, campaigns, advertisers, currencies, countries, impressions, clicks, conversions,
            video_views, invalid_events, late_events, spend_nanos, closed_until)
            AS d(source_partition, hour, campaign_id, advertiser_id, currency, country, impressions, clicks,
                conversions, video_views, invalid_events, late_events, spend_nanos, closed_until)
        ON CONFLICT (hour, campaign_id, advertiser_id, currency, country, source, source_partition) DO UPDATE SET
            impressions = h.impressions + excluded.impressions, clicks = h.clicks + excluded.clicks,
            conversions = h.conversions + excluded.conversions, video_views = h.video_views + excluded.video_views,
            invalid_events = h.invalid_events + excluded.invalid_events,
            late_events = h.late_events + excluded.late_events, spend_nanos = h.spend_nanos + excluded.spend_nanos,
            revision = h.revision + 1, corrections = h.corrections + excluded.corrections,
            changed_at = excluded.changed_at, changed_in = excluded.changed_in
        RETURNING hour, source_partition
    )
    INSERT INTO "spend".level_change AS c (level, part, source, source_partition, changed_in)
    SELECT DISTINCT 'country_hour', (hour AT TIME ZONE 'UTC')::date, 'e'::"char", source_partition,
        pg_current_xact_id()::text::int8
    FROM added ORDER BY 2, 4
    ON CONFLICT (level, part, source, source_partition) DO UPDATE SET changed_in = excluded.changed_in;
END
$body$;

-- Records adjustments in the order of the log and adds those that are new to the levels. Returns how many were not.
CREATE FUNCTION "spend".add_adjustments(
    partitions int4[], ids bytea[], event_times timestamptz[], advertisers int8[], campaigns int8[], ad_groups int8[],
    ads int8[], amounts numeric[], currencies text[], reasons text[], reference_texts text[]
) RETURNS int8 LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    closed timestamptz := (SELECT watermark FROM "spend".watermark);
    fresh "spend".adjustment[];
BEGIN
    -- The first of an id counts. Where a transaction of another partition has it, and is under way, this waits for it.
    WITH given AS MATERIALIZED (
        SELECT d.*, row_number() OVER (PARTITION BY id ORDER BY place) AS copy
        FROM unnest(partitions, ids, event_times, advertisers, campaigns, ad_groups, ads, amounts, currencies, reasons,
            reference_texts) WITH ORDINALITY
            AS d(source_partition, id, event_time, advertiser_id, campaign_id, ad_group_id, ad_id, amount, currency,
                reason, reference_text, place)
    ), stored AS (
        INSERT INTO "spend".adjustment AS a (adjustment_id, event_time, advertiser_id, campaign_id, ad_group_id, ad_id,
            amount_nanos, currency, reason, reference, source_partition)
        SELECT id, event_time, advertiser_id, campaign_id, ad_group_id, ad_id, amount, currency, reason, reference_text,
            source_partition
        FROM given WHERE copy = 1 ORDER BY id
        ON CONFLICT (adjustment_id) DO NOTHING
        RETURNING a
    )
    SELECT coalesce(array_agg(a ORDER BY (a).adjustment_id), '{}') INTO fresh FROM stored;

    -- Every other record is a repeat, and each is compared with what is stored: the counts do not depend on which records
    -- came in one statement. Rows are locked in the order of ids.
    IF cardinality(ids) > cardinality(fresh) THEN
        PERFORM 1 FROM "spend".adjustment WHERE adjustment_id = ANY(ids) ORDER BY adjustment_id FOR UPDATE;
        UPDATE "spend".adjustment AS a SET repeats = a.repeats + again.number, conflicts = a.conflicts + again.differing
        FROM (
            SELECT k.adjustment_id,
                count(*) - (k.adjustment_id IN (SELECT (f).adjustment_id FROM unnest(fresh) AS f))::int AS number,
                count(*) FILTER (WHERE (k.event_time, k.advertiser_id, k.campaign_id, k.ad_group_id, k.ad_id,
                    k.amount_nanos, k.currency, k.reason, k.reference) IS DISTINCT FROM (d.event_time, d.advertiser_id,
                    d.campaign_id, d.ad_group_id, d.ad_id, d.amount, d.currency, d.reason, d.reference_text)) AS differing
            FROM unnest(ids, event_times, advertisers, campaigns, ad_groups, ads, amounts, currencies, reasons,
                reference_texts)
                AS d(id, event_time, advertiser_id, campaign_id, ad_group_id, ad_id, amount, currency, reason,
                    reference_text)
            JOIN "spend".adjustment AS k ON k.adjustment_id = d.id
            GROUP BY k.adjustment_id
        ) AS again
        WHERE a.adjustment_id = again.adjustment_id AND again.number > 0;
    END IF;

    IF cardinality(fresh) > 0 THEN
        PERFORM "spend".derive_levels('a', array_agg(f.source_partition), array_agg(f.event_time),
            array_agg(f.campaign_id), array_agg(f.advertiser_id), array_agg(f.currency), array_agg(0::int8),
            array_agg(0::int8), array_agg(0::int8), array_agg(0::int8), array_agg(0::int8), array_agg(0::int8),
            array_agg(0::numeric), array_agg(1::int8), array_agg(f.amount_nanos), array_agg(closed))
        FROM unnest(fresh) AS f;
        PERFORM "spend".add_ad_hours('a', array_agg(source_partition), array_agg(hour), array_agg(campaign_id),
            array_agg(advertiser_id), array_agg(currency), array_agg(ad_group_id), array_agg(ad_id),
            array_agg(0::int8), array_agg(0::int8), array_agg(0::int8), array_agg(0::int8), array_agg(0::int8),
            array_agg(0::int8), array_agg(0::numeric), array_agg(number), array_agg(amount), array_agg(closed))
        FROM (
            SELECT source_partition, date_bin('1 hour', event_time, timestamptz '2000-01-01 00:00:00+00') AS hour,
                campaign_id, advertiser_id, currency, ad_group_id, ad_id, count(*) AS number,
                sum(amount_nanos) AS amount
            FROM unnest(fresh) GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 2, 3, 4, 5, 6, 7, 1
        ) AS summed;
    END IF;
    RETURN cardinality(ids) - cardinality(fresh);
END
$body$;

-- The lowest watermark of the events: up to here every partition has delivered what it had. One that is idle holds nobody
-- back; where all are, the highest stands.
CREATE VIEW "spend".watermark AS
SELECT coalesce(min(p.watermark) FILTER (WHERE p.idle_offset IS DISTINCT FROM p.next_offset), max(p.watermark)) AS watermark
FROM "sluice".output AS o JOIN "sluice".progress AS p USING (job, topic)
WHERE o.source = '' AND o.schema_name = (
    SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = '"spend".minute_by_partition'::regclass);

COMMENT ON VIEW "spend".watermark IS 'Up to which event time the results are complete, late events apart.';
COMMENT ON COLUMN "spend".watermark.watermark IS 'The lowest watermark of the events'' partitions that are not idle.';

CREATE OR REPLACE VIEW "spend".minute AS
SELECT advertiser_id, campaign_id, minute, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(late_events)::int8 AS late_events,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= minute + interval '1 minute' THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".minute_by_partition
GROUP BY advertiser_id, campaign_id, minute, currency;

COMMENT ON COLUMN "spend".minute.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".minute.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".minute.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".minute.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".minute.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".minute.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".minute.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".hour AS
SELECT advertiser_id, campaign_id, hour, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(adjustments)::int8 AS adjustments,
    sum(adjustment_nanos)::numeric(38, 0) AS adjustment_nanos,
    sum(spend_nanos + adjustment_nanos)::numeric(38, 0) AS net_nanos,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= hour + interval '1 hour' THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".hour_by_partition
GROUP BY advertiser_id, campaign_id, hour, currency;

COMMENT ON VIEW "spend".hour IS 'Charges, adjustments and counts of each hour of event time of a campaign.';
COMMENT ON COLUMN "spend".hour.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".hour.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".hour.hour IS 'Where the hour of event time begins, UTC.';
COMMENT ON COLUMN "spend".hour.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".hour.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".hour.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".hour.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".hour.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".hour.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".hour.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".hour.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".hour.adjustments IS 'How many adjustments there are.';
COMMENT ON COLUMN "spend".hour.adjustment_nanos IS 'Their sum in billionths of the currency; below 0: credits.';
COMMENT ON COLUMN "spend".hour.net_nanos IS 'What the advertiser owes: charges and adjustments.';
COMMENT ON COLUMN "spend".hour.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".hour.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".hour.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".hour.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".hour.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".day AS
SELECT advertiser_id, campaign_id, day, currency,
    min(starts_at) AS starts_at,
    min(ends_at) AS ends_at,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(adjustments)::int8 AS adjustments,
    sum(adjustment_nanos)::numeric(38, 0) AS adjustment_nanos,
    sum(spend_nanos + adjustment_nanos)::numeric(38, 0) AS net_nanos,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= min(ends_at) THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".day_by_partition
GROUP BY advertiser_id, campaign_id, day, currency;

COMMENT ON VIEW "spend".day IS 'Charges, adjustments and counts of each day of a campaign, in its advertiser''s time zone.';
COMMENT ON COLUMN "spend".day.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".day.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".day.day IS 'The date in the advertiser''s time zone.';
COMMENT ON COLUMN "spend".day.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".day.starts_at IS 'When the day begins.';
COMMENT ON COLUMN "spend".day.ends_at IS 'When the day ends: 23 or 25 hours later where the clocks change.';
COMMENT ON COLUMN "spend".day.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".day.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".day.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".day.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".day.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".day.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".day.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".day.adjustments IS 'How many adjustments there are.';
COMMENT ON COLUMN "spend".day.adjustment_nanos IS 'Their sum in billionths of the currency; below 0: credits.';
COMMENT ON COLUMN "spend".day.net_nanos IS 'What the advertiser owes: charges and adjustments.';
COMMENT ON COLUMN "spend".day.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".day.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".day.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".day.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".day.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".lifetime AS
SELECT advertiser_id, campaign_id, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(adjustments)::int8 AS adjustments,
    sum(adjustment_nanos)::numeric(38, 0) AS adjustment_nanos,
    sum(spend_nanos + adjustment_nanos)::numeric(38, 0) AS net_nanos,
    sum(revision)::int8 AS revision,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".lifetime_by_partition
GROUP BY advertiser_id, campaign_id, currency;

COMMENT ON VIEW "spend".lifetime IS 'Everything that a campaign was ever charged and credited.';
COMMENT ON COLUMN "spend".lifetime.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".lifetime.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".lifetime.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".lifetime.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".lifetime.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".lifetime.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".lifetime.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".lifetime.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".lifetime.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".lifetime.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".lifetime.adjustments IS 'How many adjustments there are.';
COMMENT ON COLUMN "spend".lifetime.adjustment_nanos IS 'Their sum in billionths of the currency; below 0: credits.';
COMMENT ON COLUMN "spend".lifetime.net_nanos IS 'What the advertiser owes: charges and adjustments.';
COMMENT ON COLUMN "spend".lifetime.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".lifetime.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".lifetime.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".ad_hour AS
SELECT advertiser_id, campaign_id, ad_group_id, ad_id, hour, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(adjustments)::int8 AS adjustments,
    sum(adjustment_nanos)::numeric(38, 0) AS adjustment_nanos,
    sum(spend_nanos + adjustment_nanos)::numeric(38, 0) AS net_nanos,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= hour + interval '1 hour' THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".ad_hour_by_partition
GROUP BY advertiser_id, campaign_id, ad_group_id, ad_id, hour, currency;

COMMENT ON VIEW "spend".ad_hour IS 'The hours of a campaign by ad. Their sum is the campaign''s hour.';
COMMENT ON COLUMN "spend".ad_hour.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".ad_hour.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".ad_hour.ad_group_id IS 'The ad group; 0: none was named, or an adjustment of the campaign as a whole.';
COMMENT ON COLUMN "spend".ad_hour.ad_id IS 'The ad; 0: none was named, or an adjustment of something larger.';
COMMENT ON COLUMN "spend".ad_hour.hour IS 'Where the hour of event time begins, UTC.';
COMMENT ON COLUMN "spend".ad_hour.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".ad_hour.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".ad_hour.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".ad_hour.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".ad_hour.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".ad_hour.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".ad_hour.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".ad_hour.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".ad_hour.adjustments IS 'How many adjustments there are.';
COMMENT ON COLUMN "spend".ad_hour.adjustment_nanos IS 'Their sum in billionths of the currency; below 0: credits.';
COMMENT ON COLUMN "spend".ad_hour.net_nanos IS 'What the advertiser owes: charges and adjustments.';
COMMENT ON COLUMN "spend".ad_hour.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".ad_hour.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".ad_hour.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".ad_hour.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".ad_hour.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".ad_group_hour AS
SELECT advertiser_id, campaign_id, ad_group_id, hour, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(adjustments)::int8 AS adjustments,
    sum(adjustment_nanos)::numeric(38, 0) AS adjustment_nanos,
    sum(spend_nanos + adjustment_nanos)::numeric(38, 0) AS net_nanos,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= hour + interval '1 hour' THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".ad_hour_by_partition
GROUP BY advertiser_id, campaign_id, ad_group_id, hour, currency;

COMMENT ON VIEW "spend".ad_group_hour IS 'The hours of a campaign by ad group. Their sum is the campaign''s hour.';
COMMENT ON COLUMN "spend".ad_group_hour.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".ad_group_hour.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".ad_group_hour.ad_group_id IS 'The ad group; 0: none was named, or an adjustment of the campaign as a whole.';
COMMENT ON COLUMN "spend".ad_group_hour.hour IS 'Where the hour of event time begins, UTC.';
COMMENT ON COLUMN "spend".ad_group_hour.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".ad_group_hour.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".ad_group_hour.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".ad_group_hour.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".ad_group_hour.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".ad_group_hour.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".ad_group_hour.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".ad_group_hour.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".ad_group_hour.adjustments IS 'How many adjustments there are.';
COMMENT ON COLUMN "spend".ad_group_hour.adjustment_nanos IS 'Their sum in billionths of the currency; below 0: credits.';
COMMENT ON COLUMN "spend".ad_group_hour.net_nanos IS 'What the advertiser owes: charges and adjustments.';
COMMENT ON COLUMN "spend".ad_group_hour.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".ad_group_hour.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".ad_group_hour.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".ad_group_hour.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".ad_group_hour.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".placement_hour AS
SELECT advertiser_id, campaign_id, placement, hour, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= hour + interval '1 hour' THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".placement_hour_by_partition
GROUP BY advertiser_id, campaign_id, placement, hour, currency;

COMMENT ON VIEW "spend".placement_hour IS 'The hours of a campaign by placement: charges alone, since adjustments name none. Their sum is what the campaign''s hour was charged.';
COMMENT ON COLUMN "spend".placement_hour.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".placement_hour.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".placement_hour.placement IS 'The placement''s number; 0: none was named.';
COMMENT ON COLUMN "spend".placement_hour.hour IS 'Where the hour of event time begins, UTC.';
COMMENT ON COLUMN "spend".placement_hour.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".placement_hour.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".placement_hour.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".placement_hour.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".placement_hour.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".placement_hour.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".placement_hour.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".placement_hour.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".placement_hour.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".placement_hour.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".placement_hour.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".placement_hour.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".placement_hour.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".country_hour AS
SELECT advertiser_id, campaign_id, country, hour, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= hour + interval '1 hour' THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".country_hour_by_partition
GROUP BY advertiser_id, campaign_id, country, hour, currency;

COMMENT ON VIEW "spend".country_hour IS 'The hours of a campaign by country: charges alone, since adjustments name none. Their sum is what the campaign''s hour was charged.';
COMMENT ON COLUMN "spend".country_hour.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".country_hour.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".country_hour.country IS 'ISO 3166-1 alpha-2; empty: none was named.';
COMMENT ON COLUMN "spend".country_hour.hour IS 'Where the hour of event time begins, UTC.';
COMMENT ON COLUMN "spend".country_hour.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".country_hour.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".country_hour.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".country_hour.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".country_hour.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".country_hour.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".country_hour.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".country_hour.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".country_hour.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".country_hour.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".country_hour.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".country_hour.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".country_hour.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".advertiser_day AS
SELECT advertiser_id, day, currency,
    min(starts_at) AS starts_at,
    min(ends_at) AS ends_at,
    count(DISTINCT campaign_id) AS campaigns,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(adjustments)::int8 AS adjustments,
    sum(adjustment_nanos)::numeric(38, 0) AS adjustment_nanos,
    sum(spend_nanos + adjustment_nanos)::numeric(38, 0) AS net_nanos,
    CASE WHEN (SELECT watermark FROM "spend".watermark) >= min(ends_at) THEN
        CASE WHEN sum(corrections) > 0 THEN 'corrected' ELSE 'closed' END ELSE 'open' END AS status,
    sum(revision)::int8 AS revision,
    sum(corrections)::int8 AS corrections,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".day_by_partition
GROUP BY advertiser_id, day, currency;

COMMENT ON VIEW "spend".advertiser_day IS 'The days of an advertiser, in its time zone: the sum of its campaigns'' days.';
COMMENT ON COLUMN "spend".advertiser_day.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".advertiser_day.day IS 'The date in the advertiser''s time zone.';
COMMENT ON COLUMN "spend".advertiser_day.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".advertiser_day.starts_at IS 'When the day begins.';
COMMENT ON COLUMN "spend".advertiser_day.ends_at IS 'When the day ends: 23 or 25 hours later where the clocks change.';
COMMENT ON COLUMN "spend".advertiser_day.campaigns IS 'How many campaigns have something in it.';
COMMENT ON COLUMN "spend".advertiser_day.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".advertiser_day.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".advertiser_day.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".advertiser_day.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".advertiser_day.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".advertiser_day.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".advertiser_day.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".advertiser_day.adjustments IS 'How many adjustments there are.';
COMMENT ON COLUMN "spend".advertiser_day.adjustment_nanos IS 'Their sum in billionths of the currency; below 0: credits.';
COMMENT ON COLUMN "spend".advertiser_day.net_nanos IS 'What the advertiser owes: charges and adjustments.';
COMMENT ON COLUMN "spend".advertiser_day.status IS 'open: events may still come in time. closed: the watermark has passed its end. corrected: changed after that.';
COMMENT ON COLUMN "spend".advertiser_day.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".advertiser_day.corrections IS 'How many of the changes came after the watermark had passed its end.';
COMMENT ON COLUMN "spend".advertiser_day.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".advertiser_day.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".advertiser_lifetime AS
SELECT advertiser_id, currency,
    count(DISTINCT campaign_id) AS campaigns,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(adjustments)::int8 AS adjustments,
    sum(adjustment_nanos)::numeric(38, 0) AS adjustment_nanos,
    sum(spend_nanos + adjustment_nanos)::numeric(38, 0) AS net_nanos,
    sum(revision)::int8 AS revision,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".lifetime_by_partition
GROUP BY advertiser_id, currency;

COMMENT ON VIEW "spend".advertiser_lifetime IS 'Everything that an advertiser was ever charged and credited.';
COMMENT ON COLUMN "spend".advertiser_lifetime.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".advertiser_lifetime.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".advertiser_lifetime.campaigns IS 'How many campaigns have something in it.';
COMMENT ON COLUMN "spend".advertiser_lifetime.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".advertiser_lifetime.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".advertiser_lifetime.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".advertiser_lifetime.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".advertiser_lifetime.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".advertiser_lifetime.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".advertiser_lifetime.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".advertiser_lifetime.adjustments IS 'How many adjustments there are.';
COMMENT ON COLUMN "spend".advertiser_lifetime.adjustment_nanos IS 'Their sum in billionths of the currency; below 0: credits.';
COMMENT ON COLUMN "spend".advertiser_lifetime.net_nanos IS 'What the advertiser owes: charges and adjustments.';
COMMENT ON COLUMN "spend".advertiser_lifetime.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".advertiser_lifetime.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".advertiser_lifetime.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".beyond_retention AS
SELECT advertiser_id, campaign_id, minute, currency,
    sum(impressions)::int8 AS impressions,
    sum(clicks)::int8 AS clicks,
    sum(conversions)::int8 AS conversions,
    sum(video_views)::int8 AS video_views,
    sum(invalid_events)::int8 AS invalid_events,
    sum(late_events)::int8 AS late_events,
    sum(spend_nanos)::numeric(38, 0) AS spend_nanos,
    sum(revision)::int8 AS revision,
    max(changed_at) AS changed_at,
    max(changed_in)::int8 AS changed_in
FROM "spend".beyond_retention_by_partition
GROUP BY advertiser_id, campaign_id, minute, currency;

COMMENT ON VIEW "spend".beyond_retention IS 'Events that came for minutes that had been dropped. They are in the levels above like any other.';
COMMENT ON COLUMN "spend".beyond_retention.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".beyond_retention.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".beyond_retention.minute IS 'Where the minute of event time begins, UTC.';
COMMENT ON COLUMN "spend".beyond_retention.currency IS 'ISO 4217. Amounts of two currencies are never added up.';
COMMENT ON COLUMN "spend".beyond_retention.impressions IS 'Valid impressions, charged or not.';
COMMENT ON COLUMN "spend".beyond_retention.clicks IS 'Valid clicks, charged or not.';
COMMENT ON COLUMN "spend".beyond_retention.conversions IS 'Valid conversions, charged or not.';
COMMENT ON COLUMN "spend".beyond_retention.video_views IS 'Valid video views, charged or not.';
COMMENT ON COLUMN "spend".beyond_retention.invalid_events IS 'Invalid traffic: counted here alone, never charged.';
COMMENT ON COLUMN "spend".beyond_retention.late_events IS 'How many of the valid events came after the watermark had passed the end of their minute.';
COMMENT ON COLUMN "spend".beyond_retention.spend_nanos IS 'Charges of events in billionths of the currency; adjustments apart.';
COMMENT ON COLUMN "spend".beyond_retention.revision IS 'Grows with every change.';
COMMENT ON COLUMN "spend".beyond_retention.changed_at IS 'When the transaction of the last change began.';
COMMENT ON COLUMN "spend".beyond_retention.changed_in IS 'The id of that transaction.';

CREATE VIEW "spend".adjustment_ledger AS
SELECT encode(adjustment_id, 'hex') AS adjustment_id, event_time, advertiser_id, campaign_id, ad_group_id, ad_id,
    amount_nanos, currency, reason, reference, repeats, conflicts, recorded_at
FROM "spend".adjustment;

COMMENT ON VIEW "spend".adjustment_ledger IS 'Every credit and further charge, once for ever by its id.';
COMMENT ON COLUMN "spend".adjustment_ledger.adjustment_id IS 'Its id, hexadecimal.';
COMMENT ON COLUMN "spend".adjustment_ledger.event_time IS 'The moment of what is corrected: decides which hour and day are.';
COMMENT ON COLUMN "spend".adjustment_ledger.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".adjustment_ledger.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".adjustment_ledger.ad_group_id IS 'The ad group; 0: the campaign as a whole.';
COMMENT ON COLUMN "spend".adjustment_ledger.ad_id IS 'The ad; 0: the campaign or the ad group as a whole.';
COMMENT ON COLUMN "spend".adjustment_ledger.amount_nanos IS 'Billionths of the currency; below 0 a credit to the advertiser.';
COMMENT ON COLUMN "spend".adjustment_ledger.currency IS 'ISO 4217.';
COMMENT ON COLUMN "spend".adjustment_ledger.reason IS 'A fixed code, such as invalid_traffic.';
COMMENT ON COLUMN "spend".adjustment_ledger.reference IS 'Where the decision is recorded.';
COMMENT ON COLUMN "spend".adjustment_ledger.repeats IS 'How often it came again; only the first one counts.';
COMMENT ON COLUMN "spend".adjustment_ledger.conflicts IS 'How many of those said something else than the first: somebody has used an id twice.';
COMMENT ON COLUMN "spend".adjustment_ledger.recorded_at IS 'When the transaction began that recorded it.';

-- A campaign is charged in one currency. A second one is kept apart, and shows here.
CREATE VIEW "spend".second_currency AS
SELECT campaign_id, currency, first_currency, spend_nanos, adjustment_nanos, changed_at
FROM (
    SELECT l.campaign_id, l.currency, sum(l.spend_nanos)::numeric(38, 0) AS spend_nanos,
        sum(l.adjustment_nanos)::numeric(38, 0) AS adjustment_nanos, max(l.changed_at) AS changed_at,
        first_value(l.currency) OVER (
            PARTITION BY l.campaign_id ORDER BY sum(l.impressions + l.clicks + l.conversions + l.video_views
                + l.invalid_events) DESC, l.currency) AS first_currency
    FROM "spend".lifetime_by_partition AS l
    WHERE l.campaign_id IN (
        SELECT campaign_id FROM "spend".lifetime_by_partition GROUP BY campaign_id HAVING min(currency) <> max(currency))
    GROUP BY l.campaign_id, l.currency
) AS sums
WHERE currency <> first_currency;

COMMENT ON VIEW "spend".second_currency IS 'Campaigns that were charged in more than one currency: each currency but the one with the most events.';
COMMENT ON COLUMN "spend".second_currency.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".second_currency.currency IS 'The currency that it should not have.';
COMMENT ON COLUMN "spend".second_currency.first_currency IS 'The one that most of its events have.';
COMMENT ON COLUMN "spend".second_currency.spend_nanos IS 'Charges in the second currency, billionths.';
COMMENT ON COLUMN "spend".second_currency.adjustment_nanos IS 'Adjustments in the second currency, billionths.';
COMMENT ON COLUMN "spend".second_currency.changed_at IS 'When the transaction of the last change began.';

-- What changed since. A cursor says up to which transaction everything was seen: those that were under way when it was
-- taken are asked for again, so one that commits late is not missed. A window may be reported twice, never not at all.
--
-- A cursor is: the database system, its timeline (a failover starts a new one, and may have lost commits), the generation
-- of the results, and the transaction.

CREATE FUNCTION "spend".change_cursor() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $body$
    SELECT format('%s.%s.%s.%s', (SELECT system_identifier FROM pg_control_system()),
        -- Of what is written now; the control file would say the old one for a while after a failover.
        CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int4 END,
        number, pg_snapshot_xmin(pg_current_snapshot()))
    FROM "spend".generation
$body$;

COMMENT ON FUNCTION "spend".change_cursor() IS 'Where to go on asking for changes. Take it in the same REPEATABLE READ transaction as the changes, and give it to the next question.';

-- The transaction that a cursor stands at; 0 for an empty cursor, which asks for everything.
CREATE FUNCTION "spend".cursor_position(since text) RETURNS int8 LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $body$
DECLARE
    parts text[] := string_to_array(since, '.');
    now_at text[] := string_to_array("spend".change_cursor(), '.');
BEGIN
    IF coalesce(since, '') = '' THEN RETURN 0; END IF;
    IF since !~ '^[0-9]{1,20}\.[0-9]{1,10}\.[0-9]{1,18}\.[0-9]{1,18}$' THEN
        RAISE EXCEPTION '"%" is not a cursor of changes', left(since, 100)
            USING ERRCODE = '22023', HINT = 'Give what change_cursor() answered, or an empty text for everything.';
    END IF;
    IF parts[1:3] <> now_at[1:3] OR parts[4]::int8 > now_at[4]::int8 THEN
        RAISE EXCEPTION 'the cursor "%" belongs to other results than these', since
            USING ERRCODE = 'SLU02', DETAIL = 'The results were restored elsewhere, may have lost commits in a failover, or were taken back by a rewind.',
                HINT = 'Read everything again: ask with an empty text.';
    END IF;
    RETURN parts[4]::int8;
END
$body$;

CREATE FUNCTION "spend".changed_from(of_level text, since_id int8) RETURNS date LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog AS $body$
    SELECT CASE WHEN since_id = 0 THEN '-infinity'
        ELSE coalesce((SELECT min(part) FROM "spend".level_change WHERE level = of_level AND changed_in >= since_id), 'infinity') END
$body$;

-- The position is asked for in subqueries, which are answered once, not for each window; the first of them stands for
-- itself, so that a wrong cursor is refused where there are no windows, too.
CREATE FUNCTION "spend".minute_changes(since text) RETURNS SETOF "spend".minute LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".minute AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.minute >= (SELECT "spend".changed_from('minute', "spend".cursor_position(since))::timestamp AT TIME ZONE 'UTC')
$body$;
COMMENT ON FUNCTION "spend".minute_changes(text) IS 'The rows of minute that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".hour_changes(since text) RETURNS SETOF "spend".hour LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".hour AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.hour >= (SELECT "spend".changed_from('hour', "spend".cursor_position(since))::timestamp AT TIME ZONE 'UTC')
$body$;
COMMENT ON FUNCTION "spend".hour_changes(text) IS 'The rows of hour that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".day_changes(since text) RETURNS SETOF "spend".day LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".day AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.day >= (SELECT "spend".changed_from('day', "spend".cursor_position(since)))
$body$;
COMMENT ON FUNCTION "spend".day_changes(text) IS 'The rows of day that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".lifetime_changes(since text) RETURNS SETOF "spend".lifetime LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".lifetime AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
$body$;
COMMENT ON FUNCTION "spend".lifetime_changes(text) IS 'The rows of lifetime that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".ad_hour_changes(since text) RETURNS SETOF "spend".ad_hour LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".ad_hour AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.hour >= (SELECT "spend".changed_from('ad_hour', "spend".cursor_position(since))::timestamp AT TIME ZONE 'UTC')
$body$;
COMMENT ON FUNCTION "spend".ad_hour_changes(text) IS 'The rows of ad_hour that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".ad_group_hour_changes(since text) RETURNS SETOF "spend".ad_group_hour LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".ad_group_hour AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.hour >= (SELECT "spend".changed_from('ad_hour', "spend".cursor_position(since))::timestamp AT TIME ZONE 'UTC')
$body$;
COMMENT ON FUNCTION "spend".ad_group_hour_changes(text) IS 'The rows of ad_group_hour that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".placement_hour_changes(since text) RETURNS SETOF "spend".placement_hour LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".placement_hour AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.hour >= (SELECT "spend".changed_from('placement_hour', "spend".cursor_position(since))::timestamp AT TIME ZONE 'UTC')
$body$;
COMMENT ON FUNCTION "spend".placement_hour_changes(text) IS 'The rows of placement_hour that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".country_hour_changes(since text) RETURNS SETOF "spend".country_hour LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".country_hour AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.hour >= (SELECT "spend".changed_from('country_hour', "spend".cursor_position(since))::timestamp AT TIME ZONE 'UTC')
$body$;
COMMENT ON FUNCTION "spend".country_hour_changes(text) IS 'The rows of country_hour that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".advertiser_day_changes(since text) RETURNS SETOF "spend".advertiser_day LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".advertiser_day AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
        AND v.day >= (SELECT "spend".changed_from('day', "spend".cursor_position(since)))
$body$;
COMMENT ON FUNCTION "spend".advertiser_day_changes(text) IS 'The rows of advertiser_day that changed since a cursor, as they are now.';

CREATE FUNCTION "spend".advertiser_lifetime_changes(since text) RETURNS SETOF "spend".advertiser_lifetime LANGUAGE sql STABLE AS $body$
    SELECT v.* FROM "spend".advertiser_lifetime AS v
    WHERE (SELECT "spend".cursor_position(since)) >= 0 AND v.changed_in >= (SELECT "spend".cursor_position(since))
$body$;
COMMENT ON FUNCTION "spend".advertiser_lifetime_changes(text) IS 'The rows of advertiser_lifetime that changed since a cursor, as they are now.';

-- Retention of minutes.

-- Drops the days of minutes that ended before a moment. The levels above keep what they have; events that come for such
-- minutes later go to them and to "spend".beyond_retention.
CREATE FUNCTION "spend".drop_minutes(before timestamptz) RETURNS SETOF date LANGUAGE plpgsql STRICT AS $body$
DECLARE
    last_kept timestamptz := date_trunc('day', least(before, now() - interval '168 hours') AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
    found record;
BEGIN
    -- Whoever adds a day's table has looked at what is kept before: the table must not come behind this.
    PERFORM pg_advisory_xact_lock(hashtextextended('"spend".minute_by_partition', 0));
    PERFORM "spend".lock_definitions();
    FOR found IN
        SELECT c.oid::regclass AS name, to_date(right(c.relname, 8), 'YYYYMMDD') AS day
        FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = '"spend".minute_by_partition'::regclass AND c.relname ~ '^minute_[0-9]{8}$'
            AND to_date(right(c.relname, 8), 'YYYYMMDD') < (last_kept AT TIME ZONE 'UTC')::date
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE %s', found.name);
        DELETE FROM "spend".level_change WHERE level = 'minute' AND part = found.day;
        RETURN NEXT found.day;
    END LOOP;
    DELETE FROM "spend".minute_other WHERE minute < last_kept;
    UPDATE "spend".minute_retention SET kept_from = last_kept WHERE kept_from < last_kept;
END
$body$;

COMMENT ON FUNCTION "spend".drop_minutes(timestamptz) IS 'Drops minutes of UTC days before a moment, at the latest seven days ago, and answers which. Safe while the service runs.';

-- An event of a dropped day must not bring its table back.
CREATE OR REPLACE FUNCTION "spend".ensure_day(day timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    name text := format('minute_%s', to_char(day AT TIME ZONE 'UTC', 'YYYYMMDD'));
BEGIN
    IF day < timestamptz '2020-01-01 00:00:00+00' OR day >= timestamptz '2040-01-01 00:00:00+00' THEN RETURN; END IF;
    IF to_regclass(format('"spend".%I', name)) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('"spend".minute_by_partition', 0));
    IF day < (SELECT kept_from FROM "spend".minute_retention) THEN RETURN; END IF;
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

-- What an operator's rewind removes.

CREATE FUNCTION "spend".forget_levels(wanted int4, wanted_source "char") RETURNS void LANGUAGE sql AS $body$
    DELETE FROM "spend".hour_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".day_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".lifetime_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".ad_hour_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".placement_hour_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".country_hour_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".beyond_retention_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".budget_day_by_partition WHERE source_partition = wanted AND source = wanted_source;
    DELETE FROM "spend".level_change WHERE source_partition = wanted AND source = wanted_source;
    UPDATE "spend".generation SET number = number + 1
$body$;

CREATE OR REPLACE FUNCTION "spend".forget_partition(wanted int4) RETURNS void LANGUAGE sql AS $body$
    SELECT "spend".lock_definitions();
    DELETE FROM "spend".minute_by_partition WHERE source_partition = wanted;
    SELECT "spend".forget_levels(wanted, 'e')
$body$;

-- The version before: its rows bring the levels with them.

CREATE FUNCTION "spend".note_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF TG_OP = 'UPDATE' THEN NEW.revision := OLD.revision + 1; END IF;
    NEW.changed_at := now();
    NEW.changed_in := pg_current_xact_id()::text::int8;
    RETURN NEW;
END
$body$;

CREATE FUNCTION "spend".derive_from_minute() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    more "spend".minute_by_partition := NEW;
    hour timestamptz := date_bin('1 hour', NEW.minute, timestamptz '2000-01-01 00:00:00+00');
BEGIN
    IF TG_OP = 'UPDATE' THEN
        more.impressions := NEW.impressions - OLD.impressions;
        more.clicks := NEW.clicks - OLD.clicks;
        more.conversions := NEW.conversions - OLD.conversions;
        more.video_views := NEW.video_views - OLD.video_views;
        more.invalid_events := NEW.invalid_events - OLD.invalid_events;
        more.late_events := NEW.late_events - OLD.late_events;
        more.spend_nanos := NEW.spend_nanos - OLD.spend_nanos;
    END IF;
    PERFORM "spend".derive_levels('e', ARRAY[more.source_partition], ARRAY[more.minute], ARRAY[more.campaign_id],
        ARRAY[more.advertiser_id], ARRAY[more.currency], ARRAY[more.impressions], ARRAY[more.clicks], ARRAY[more.conversions],
        ARRAY[more.video_views], ARRAY[more.invalid_events], ARRAY[more.late_events], ARRAY[more.spend_nanos], ARRAY[0::int8],
        ARRAY[0::numeric], ARRAY[NULL::timestamptz]);
    PERFORM "spend".add_ad_hours('e', ARRAY[more.source_partition], ARRAY[hour], ARRAY[more.campaign_id],
        ARRAY[more.advertiser_id], ARRAY[more.currency], ARRAY[0::int8], ARRAY[0::int8], ARRAY[more.impressions],
        ARRAY[more.clicks], ARRAY[more.conversions], ARRAY[more.video_views], ARRAY[more.invalid_events], ARRAY[more.late_events],
        ARRAY[more.spend_nanos], ARRAY[0::int8], ARRAY[0::numeric], ARRAY[NULL::timestamptz]);
    PERFORM "spend".add_placement_hours(ARRAY[more.source_partition], ARRAY[hour], ARRAY[more.campaign_id],
        ARRAY[more.advertiser_id], ARRAY[more.currency], ARRAY[0], ARRAY[more.impressions], ARRAY[more.clicks],
        ARRAY[more.conversions], ARRAY[more.video_views], ARRAY[more.invalid_events], ARRAY[more.late_events],
        ARRAY[more.spend_nanos], ARRAY[NULL::timestamptz]);
    PERFORM "spend".add_country_hours(ARRAY[more.source_partition], ARRAY[hour], ARRAY[more.campaign_id],
        ARRAY[more.advertiser_id], ARRAY[more.currency], ARRAY[''], ARRAY[more.impressions], ARRAY[more.clicks],
        ARRAY[more.conversions], ARRAY[more.video_views], ARRAY[more.invalid_events], ARRAY[more.late_events],
        ARRAY[more.spend_nanos], ARRAY[NULL::timestamptz]);
    INSERT INTO "spend".level_change AS c (level, part, source, source_partition, changed_in)
    VALUES ('minute', (more.minute AT TIME ZONE 'UTC')::date, 'e', more.source_partition, pg_current_xact_id()::text::int8)
    ON CONFLICT (level, part, source, source_partition) DO UPDATE SET changed_in = excluded.changed_in;
    RETURN NULL;
END
$body$;

-- What was there before this migration, the same way.
INSERT INTO "spend".hour_by_partition (hour, campaign_id, advertiser_id, currency, source, source_partition, impressions,
    clicks, conversions, video_views, invalid_events, late_events, spend_nanos)
SELECT date_bin('1 hour', minute, timestamptz '2000-01-01 00:00:00+00'), campaign_id, advertiser_id, currency, 'e',
    source_partition, sum(impressions), sum(clicks), sum(conversions), sum(video_views), sum(invalid_events),
    sum(late_events), sum(spend_nanos)
FROM "spend".minute_by_partition GROUP BY 1, 2, 3, 4, 6;

INSERT INTO "spend".day_by_partition (day, campaign_id, advertiser_id, currency, starts_at, ends_at, source,
    source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos)
SELECT (hour AT TIME ZONE 'UTC')::date, campaign_id, advertiser_id, currency, date_trunc('day', min(hour), 'UTC'),
    date_trunc('day', min(hour), 'UTC') + interval '24 hours', 'e', source_partition, sum(impressions), sum(clicks),
    sum(conversions), sum(video_views), sum(invalid_events), sum(late_events), sum(spend_nanos)
FROM "spend".hour_by_partition GROUP BY 1, 2, 3, 4, 8;

INSERT INTO "spend".lifetime_by_partition (campaign_id, advertiser_id, currency, source, source_partition, impressions,
    clicks, conversions, video_views, invalid_events, late_events, spend_nanos)
SELECT campaign_id, advertiser_id, currency, 'e', source_partition, sum(impressions), sum(clicks), sum(conversions),
    sum(video_views), sum(invalid_events), sum(late_events), sum(spend_nanos)
FROM "spend".day_by_partition GROUP BY 1, 2, 3, 5;

INSERT INTO "spend".ad_hour_by_partition (hour, campaign_id, advertiser_id, currency, ad_group_id, ad_id, source,
    source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos)
SELECT hour, campaign_id, advertiser_id, currency, 0, 0, 'e', source_partition, impressions, clicks, conversions,
    video_views, invalid_events, late_events, spend_nanos FROM "spend".hour_by_partition;

INSERT INTO "spend".placement_hour_by_partition (hour, campaign_id, advertiser_id, currency, placement, source,
    source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos)
SELECT hour, campaign_id, advertiser_id, currency, 0, 'e', source_partition, impressions, clicks, conversions,
    video_views, invalid_events, late_events, spend_nanos FROM "spend".hour_by_partition;

INSERT INTO "spend".country_hour_by_partition (hour, campaign_id, advertiser_id, currency, country, source,
    source_partition, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos)
SELECT hour, campaign_id, advertiser_id, currency, '', 'e', source_partition, impressions, clicks, conversions,
    video_views, invalid_events, late_events, spend_nanos FROM "spend".hour_by_partition;

CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON "spend".minute_by_partition FOR EACH ROW
    WHEN (current_setting('sluice.levels', true) IS DISTINCT FROM 'derived')
    EXECUTE FUNCTION "spend".note_change();
CREATE TRIGGER derive_levels AFTER INSERT OR UPDATE ON "spend".minute_by_partition FOR EACH ROW
    WHEN (current_setting('sluice.levels', true) IS DISTINCT FROM 'derived')
    EXECUTE FUNCTION "spend".derive_from_minute();

-- Every difference between a level and what lies below it, as of one snapshot: figures of the level less figures below.
-- At any committed state there is none. Reads everything: minutes of work on large tables.
CREATE FUNCTION "spend".level_differences() RETURNS TABLE (
    comparison text, campaign_id int8, advertiser_id int8, window_start text, currency text, differences numeric[]
) LANGUAGE sql STABLE AS $body$
    WITH kept AS (SELECT kept_from FROM "spend".minute_retention),
    figures(comparison, campaign_id, advertiser_id, window_start, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos, adjustments, adjustment_nanos) AS (
        SELECT 'hour of minutes', campaign_id, advertiser_id, hour::text, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            0, 0
        FROM "spend".hour_by_partition, kept WHERE source = 'e' AND hour >= kept_from
        UNION ALL
        SELECT 'hour of minutes', campaign_id, advertiser_id, date_bin('1 hour', minute, timestamptz '2000-01-01 00:00:00+00')::text, currency, -impressions, -clicks, -conversions, -video_views, -invalid_events, -late_events, -spend_nanos,
            0, 0
        FROM "spend".minute_by_partition
        UNION ALL
        SELECT 'day of minutes', campaign_id, advertiser_id, day::text, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            0, 0
        FROM "spend".day_by_partition, kept
        WHERE source = 'e' AND day > "spend".advertiser_day(advertiser_id, kept_from - interval '1 microsecond')
        UNION ALL
        SELECT 'day of minutes', campaign_id, advertiser_id, "spend".advertiser_day(advertiser_id, minute)::text, currency, -impressions, -clicks, -conversions, -video_views, -invalid_events, -late_events, -spend_nanos,
            0, 0
        FROM "spend".minute_by_partition, kept
        WHERE "spend".advertiser_day(advertiser_id, minute)
            > "spend".advertiser_day(advertiser_id, kept_from - interval '1 microsecond')
        UNION ALL
        SELECT 'lifetime of days', campaign_id, advertiser_id, '', currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            adjustments, adjustment_nanos
        FROM "spend".lifetime_by_partition
        UNION ALL
        SELECT 'lifetime of days', campaign_id, advertiser_id, '', currency, -impressions, -clicks, -conversions, -video_views, -invalid_events, -late_events, -spend_nanos,
            -adjustments, -adjustment_nanos
        FROM "spend".day_by_partition
        UNION ALL
        SELECT 'hour of ads', campaign_id, advertiser_id, hour::text, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            adjustments, adjustment_nanos
        FROM "spend".hour_by_partition
        UNION ALL
        SELECT 'hour of ads', campaign_id, advertiser_id, hour::text, currency, -impressions, -clicks, -conversions, -video_views, -invalid_events, -late_events, -spend_nanos,
            -adjustments, -adjustment_nanos
        FROM "spend".ad_hour_by_partition
        UNION ALL
        SELECT 'hour of placements', campaign_id, advertiser_id, hour::text, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            0, 0
        FROM "spend".hour_by_partition
        UNION ALL
        SELECT 'hour of placements', campaign_id, advertiser_id, hour::text, currency, -impressions, -clicks, -conversions, -video_views, -invalid_events, -late_events, -spend_nanos,
            0, 0
        FROM "spend".placement_hour_by_partition
        UNION ALL
        SELECT 'hour of countries', campaign_id, advertiser_id, hour::text, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            0, 0
        FROM "spend".hour_by_partition
        UNION ALL
        SELECT 'hour of countries', campaign_id, advertiser_id, hour::text, currency, -impressions, -clicks, -conversions, -video_views, -invalid_events, -late_events, -spend_nanos,
            0, 0
        FROM "spend".country_hour_by_partition
        UNION ALL
        SELECT 'hour of adjustments', campaign_id, advertiser_id, hour::text, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            adjustments, adjustment_nanos
        FROM "spend".hour_by_partition WHERE source = 'a'
        UNION ALL
        SELECT 'hour of adjustments', campaign_id, advertiser_id, date_bin('1 hour', event_time, timestamptz '2000-01-01 00:00:00+00')::text, currency, 0, 0, 0, 0, 0, 0, 0,
            -1, -amount_nanos
        FROM "spend".adjustment
        UNION ALL
        SELECT 'day of adjustments', campaign_id, advertiser_id, day::text, currency, impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos,
            adjustments, adjustment_nanos
        FROM "spend".day_by_partition WHERE source = 'a'
        UNION ALL
        SELECT 'day of adjustments', campaign_id, advertiser_id, "spend".advertiser_day(advertiser_id, event_time)::text, currency, 0, 0, 0, 0, 0, 0, 0,
            -1, -amount_nanos
        FROM "spend".adjustment
    )
    SELECT comparison, campaign_id, advertiser_id, window_start, currency, ARRAY[sum(impressions), sum(clicks), sum(conversions), sum(video_views), sum(invalid_events), sum(late_events), sum(spend_nanos), sum(adjustments), sum(adjustment_nanos)]
    FROM figures GROUP BY comparison, campaign_id, advertiser_id, window_start, currency
    HAVING ARRAY[sum(impressions), sum(clicks), sum(conversions), sum(video_views), sum(invalid_events), sum(late_events), sum(spend_nanos), sum(adjustments), sum(adjustment_nanos)]
        <> array_fill(0::numeric, ARRAY[9])
    ORDER BY comparison, campaign_id, advertiser_id, window_start, currency
$body$;

COMMENT ON FUNCTION "spend".level_differences() IS 'Where a level does not equal the sum of the one below: impressions, clicks, conversions, video views, invalid and late events, charges, adjustments and their amounts. Answers nothing as long as all is well.';

DROP TABLE "spend".measures;
