-- Signals of budgets: when a campaign crosses 50, 80, 95 and 100 per cent of its daily or lifetime budget, falls back
-- below, or starts a new day. A signal is a decision: it says by which figures and which version of the budget it was made,
-- up to which offsets, and is published in the order in which it was made.

CREATE TABLE "spend".budget_state (
    campaign_id    int8        PRIMARY KEY REFERENCES "spend".campaign_budget ON DELETE CASCADE,
    day            date        NOT NULL,
    day_ends_at    timestamptz NOT NULL,
    daily_level    int4        NOT NULL DEFAULT 0,
    lifetime_level int4        NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE INDEX budget_state_due ON "spend".budget_state (day_ends_at);

COMMENT ON TABLE "spend".budget_state IS 'What was signalled last. Whoever changes what a campaign has spent locks its row, so that no two judge at once.';
COMMENT ON COLUMN "spend".budget_state.day IS 'The day that runs, in the campaign''s zone; moved by the clock.';
COMMENT ON COLUMN "spend".budget_state.daily_level IS 'The highest threshold of the daily budget that was signalled as crossed; 0: none.';

CREATE TABLE "spend".budget_signal (
    lane              int4           NOT NULL,
    sequence          int8           NOT NULL,
    campaign_id       int8           NOT NULL,
    advertiser_id     int8           NOT NULL,
    currency          text           NOT NULL,
    kind              text           NOT NULL CHECK (kind IN ('crossed', 'fell_below', 'reset')),
    budget            text           NOT NULL CHECK (budget IN ('daily', 'lifetime')),
    threshold_percent int4           NOT NULL,
    day               date           NOT NULL,
    budget_nanos      int8           NOT NULL,
    spent_nanos       numeric(38, 0) NOT NULL,
    budget_version    int8           NOT NULL,
    sources           jsonb          NOT NULL,
    decided_at        timestamptz    NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (lane, sequence)
);
CREATE UNIQUE INDEX budget_signal_reset ON "spend".budget_signal (campaign_id, day) WHERE kind = 'reset';
CREATE INDEX budget_signal_by_campaign ON "spend".budget_signal (campaign_id, decided_at);

COMMENT ON TABLE "spend".budget_signal IS 'The outbox of budget signals, and their history.';
COMMENT ON COLUMN "spend".budget_signal.lane IS 'Signals of a lane are published in the order of their sequence.';
COMMENT ON COLUMN "spend".budget_signal.sequence IS 'Dense within the lane, in the order of commits.';
COMMENT ON COLUMN "spend".budget_signal.threshold_percent IS '50, 80, 95 or 100; 0 for a reset.';
COMMENT ON COLUMN "spend".budget_signal.day IS 'The budget''s day that ran, in the campaign''s zone.';
COMMENT ON COLUMN "spend".budget_signal.budget_nanos IS 'The budget that was compared with.';
COMMENT ON COLUMN "spend".budget_signal.spent_nanos IS 'Charges and adjustments of the day, or of the lifetime.';
COMMENT ON COLUMN "spend".budget_signal.sources IS 'The figure is that of the records before next_offset of these partitions: array of {"topic", "partition", "next_offset"}.';
COMMENT ON COLUMN "spend".budget_signal.decided_at IS 'When it was decided.';

CREATE VIEW "spend".budget AS
SELECT c.campaign_id, c.advertiser_id, c.currency, c.zone, c.starts_at, c.ends_at, c.version, s.day, s.day_ends_at,
    c.daily_nanos, coalesce(d.spent, 0)::numeric(38, 0) AS day_spent_nanos, s.daily_level,
    c.lifetime_nanos, coalesce(l.spent, 0)::numeric(38, 0) AS lifetime_spent_nanos, s.lifetime_level
FROM "spend".campaign_budget AS c
JOIN "spend".budget_state AS s USING (campaign_id)
LEFT JOIN LATERAL (
    SELECT sum(b.spend_nanos + b.adjustment_nanos) AS spent FROM "spend".budget_day_by_partition AS b
    WHERE b.campaign_id = c.campaign_id AND b.day = s.day) AS d ON true
LEFT JOIN LATERAL (
    SELECT sum(f.spend_nanos + f.adjustment_nanos) AS spent FROM "spend".lifetime_by_partition AS f
    WHERE f.campaign_id = c.campaign_id AND f.currency = c.currency) AS l ON true;

COMMENT ON VIEW "spend".budget IS 'Each campaign''s budget and what it has spent of it.';
COMMENT ON COLUMN "spend".budget.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".budget.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".budget.currency IS 'ISO 4217; what was charged in another one is not counted here.';
COMMENT ON COLUMN "spend".budget.zone IS 'The time zone in which its days are cut.';
COMMENT ON COLUMN "spend".budget.starts_at IS 'From when on a new day is signalled.';
COMMENT ON COLUMN "spend".budget.ends_at IS 'Until when.';
COMMENT ON COLUMN "spend".budget.version IS 'The version of the budget, as it was sent.';
COMMENT ON COLUMN "spend".budget.day IS 'The day that runs, in that zone.';
COMMENT ON COLUMN "spend".budget.day_ends_at IS 'When it ends.';
COMMENT ON COLUMN "spend".budget.daily_nanos IS 'The daily budget in billionths of the currency; 0: none.';
COMMENT ON COLUMN "spend".budget.day_spent_nanos IS 'Charges and adjustments of the day that runs.';
COMMENT ON COLUMN "spend".budget.daily_level IS 'The highest threshold of the daily budget that was signalled; 0: none.';
COMMENT ON COLUMN "spend".budget.lifetime_nanos IS 'The lifetime budget in billionths of the currency; 0: none.';
COMMENT ON COLUMN "spend".budget.lifetime_spent_nanos IS 'All charges and adjustments.';
COMMENT ON COLUMN "spend".budget.lifetime_level IS 'The highest threshold of the lifetime budget that was signalled; 0: none.';

CREATE VIEW "spend".signal AS
SELECT lane, sequence, campaign_id, advertiser_id, currency, kind, budget, threshold_percent, day, budget_nanos,
    spent_nanos, budget_version, sources, decided_at
FROM "spend".budget_signal;

COMMENT ON VIEW "spend".signal IS 'Every budget signal that was decided.';
COMMENT ON COLUMN "spend".signal.lane IS 'Signals of a lane are published in the order of their sequence.';
COMMENT ON COLUMN "spend".signal.sequence IS 'Dense within the lane.';
COMMENT ON COLUMN "spend".signal.campaign_id IS 'The campaign.';
COMMENT ON COLUMN "spend".signal.advertiser_id IS 'The advertiser.';
COMMENT ON COLUMN "spend".signal.currency IS 'ISO 4217.';
COMMENT ON COLUMN "spend".signal.kind IS 'crossed, fell_below, or reset.';
COMMENT ON COLUMN "spend".signal.budget IS 'daily or lifetime.';
COMMENT ON COLUMN "spend".signal.threshold_percent IS '50, 80, 95 or 100; 0 for a reset.';
COMMENT ON COLUMN "spend".signal.day IS 'The budget''s day that ran, in the campaign''s zone.';
COMMENT ON COLUMN "spend".signal.budget_nanos IS 'The budget that was compared with.';
COMMENT ON COLUMN "spend".signal.spent_nanos IS 'Charges and adjustments of the day, or of the lifetime.';
COMMENT ON COLUMN "spend".signal.budget_version IS 'The version of the budget.';
COMMENT ON COLUMN "spend".signal.sources IS 'The figure is that of the records before next_offset of these partitions.';
COMMENT ON COLUMN "spend".signal.decided_at IS 'When it was decided.';

-- Up to which offsets the figures of a campaign go.
CREATE FUNCTION "spend".budget_sources(of_campaign int8) RETURNS jsonb LANGUAGE sql STABLE AS $body$
    SELECT coalesce(jsonb_agg(jsonb_build_object('topic', p.topic, 'partition', p.partition, 'next_offset', p.next_offset)
        ORDER BY p.topic, p.partition), '[]')
    FROM "sluice".output AS o JOIN "sluice".progress AS p USING (job, topic)
    JOIN (SELECT DISTINCT l.source, l.source_partition FROM "spend".lifetime_by_partition AS l
        WHERE l.campaign_id = of_campaign) AS l
        ON l.source_partition = p.partition AND o.source = CASE l.source WHEN 'e' THEN '' ELSE 'adjustments' END
    WHERE o.schema_name = (
        SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = '"spend".minute_by_partition'::regclass)
$body$;

-- Gives lanes their next numbers, in the order of lanes: `counts` of messages each. Answers the number before the first.
CREATE FUNCTION "spend".next_sequences(lanes int4[], counts int8[]) RETURNS TABLE (lane int4, before int8)
LANGUAGE sql AS $body$
    INSERT INTO "sluice".outbox_lane AS o (output, lane, last_sequence)
    SELECT 'budget-signals', given.lane, sum(given.number) FROM unnest(lanes, counts) AS given(lane, number)
    GROUP BY given.lane ORDER BY given.lane
    ON CONFLICT (output, lane) DO UPDATE SET last_sequence = o.last_sequence + excluded.last_sequence
    RETURNING o.lane, o.last_sequence - (SELECT sum(g.number) FROM unnest(lanes, counts) AS g(lane, number) WHERE g.lane = o.lane)::int8
$body$;

-- Judges campaigns whose spend or budget has changed in this transaction, after everything else of it was written.
-- Answers for each that has a budget how much more may be charged before the next threshold is crossed; null: there is none.
--
-- Locks are taken in one order everywhere: definitions, states by campaign, lanes by number.
CREATE FUNCTION "spend".judge_budgets(campaigns int8[]) RETURNS TABLE (campaign_id int8, headroom numeric)
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM "spend".budget_state AS s WHERE s.campaign_id = ANY(campaigns) ORDER BY s.campaign_id FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    -- A statement of its own: it sees what was committed while this waited for the locks.
    RETURN QUERY WITH standing AS MATERIALIZED (
        SELECT b.campaign_id, b.advertiser_id, b.currency, b.version, b.day, k.budget, k.nanos, k.spent, k.told,
            CASE WHEN k.nanos = 0 THEN 0 WHEN k.spent >= k.nanos THEN 100
                WHEN k.spent * 100 >= k.nanos::numeric * 95 THEN 95 WHEN k.spent * 100 >= k.nanos::numeric * 80 THEN 80
                WHEN k.spent * 100 >= k.nanos::numeric * 50 THEN 50 ELSE 0 END AS level
        FROM "spend".budget AS b CROSS JOIN LATERAL (VALUES
            ('daily', b.daily_nanos, b.day_spent_nanos, b.daily_level),
            ('lifetime', b.lifetime_nanos, b.lifetime_spent_nanos, b.lifetime_level)) AS k(budget, nanos, spent, told)
        WHERE b.campaign_id = ANY(campaigns)
    ), steps AS MATERIALIZED (
        SELECT s.*, c.lane, t.threshold, s.level > s.told AS is_up, row_number() OVER (
            PARTITION BY c.lane
            ORDER BY s.campaign_id, s.budget, CASE WHEN s.level > s.told THEN t.threshold ELSE -t.threshold END) AS place
        FROM standing AS s JOIN "spend".campaign_budget AS c USING (campaign_id)
        JOIN (VALUES (50), (80), (95), (100)) AS t(threshold)
            ON t.threshold > least(s.level, s.told) AND t.threshold <= greatest(s.level, s.told)
    ), numbers AS MATERIALIZED (
        SELECT n.lane, n.before
        FROM (SELECT array_agg(lane) AS lanes, array_agg(1::int8) AS counts FROM steps HAVING count(*) > 0) AS asked,
            LATERAL "spend".next_sequences(asked.lanes, asked.counts) AS n
    ), told AS (
        UPDATE "spend".budget_state AS s SET daily_level = n.daily, lifetime_level = n.lifetime
        FROM (
            SELECT campaign_id, max(level) FILTER (WHERE budget = 'daily') AS daily,
                max(level) FILTER (WHERE budget = 'lifetime') AS lifetime
            FROM standing GROUP BY campaign_id HAVING bool_or(level <> told)) AS n
        WHERE s.campaign_id = n.campaign_id
    ), signals AS (
        INSERT INTO "spend".budget_signal (lane, sequence, campaign_id, advertiser_id, currency, kind, budget,
            threshold_percent, day, budget_nanos, spent_nanos, budget_version, sources)
        SELECT lane, numbers.before + place, campaign_id, advertiser_id, currency,
            CASE WHEN is_up THEN 'crossed' ELSE 'fell_below' END, budget, threshold, day, nanos, spent, version,
            "spend".budget_sources(campaign_id)
        FROM steps JOIN numbers USING (lane)
    )
    SELECT campaign_id, min(
        CASE level WHEN 100 THEN NULL WHEN 95 THEN nanos WHEN 80 THEN ceil(nanos::numeric * 95 / 100)
            WHEN 50 THEN ceil(nanos::numeric * 80 / 100) ELSE ceil(nanos::numeric * 50 / 100) END - spent
        ) FILTER (WHERE nanos > 0)
    FROM standing GROUP BY campaign_id;
END
$body$;

-- Starts the new day of every campaign whose day is over by a clock, and signals it where there is a daily budget that
-- runs. At most `most` campaigns; answers how many.
CREATE FUNCTION "spend".start_days(as_of timestamptz, most int4) RETURNS int4 LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    due int8[];
BEGIN
    SELECT array_agg(campaign_id) INTO due FROM (
        SELECT campaign_id FROM "spend".budget_state WHERE day_ends_at <= as_of ORDER BY day_ends_at LIMIT most) AS first;
    IF due IS NULL THEN RETURN 0; END IF;
    PERFORM "spend".begin_results();
    PERFORM 1 FROM "spend".budget_state WHERE campaign_id = ANY(due) ORDER BY campaign_id FOR UPDATE;
    -- Another process may have been here while this one waited.
    SELECT array_agg(campaign_id) INTO due FROM "spend".budget_state WHERE campaign_id = ANY(due) AND day_ends_at <= as_of;
    IF due IS NULL THEN RETURN 0; END IF;
    UPDATE "spend".budget_state AS s SET day = (as_of AT TIME ZONE c.zone)::date,
        day_ends_at = "spend".day_start((as_of AT TIME ZONE c.zone)::date + 1, c.zone), daily_level = 0
    FROM "spend".campaign_budget AS c WHERE c.campaign_id = s.campaign_id AND s.campaign_id = ANY(due);
    -- A row that a checkpoint is changing right now is left for the next day: that checkpoint will wait for the states that
    -- are locked here.
    WITH over AS MATERIALIZED (
        SELECT d.campaign_id, d.day, d.source, d.source_partition
        FROM "spend".budget_day_by_partition AS d JOIN "spend".budget_state AS s USING (campaign_id)
        WHERE s.campaign_id = ANY(due) AND d.day < s.day FOR UPDATE OF d SKIP LOCKED
    )
    DELETE FROM "spend".budget_day_by_partition AS d USING over
        WHERE (d.campaign_id, d.day, d.source, d.source_partition)
            = (over.campaign_id, over.day, over.source, over.source_partition);
    -- Resets and the judgement below give numbers one after the other: the lanes of both are locked before, in their order.
    PERFORM "spend".next_sequences(array_agg(c.lane), array_agg(0::int8)) FROM "spend".campaign_budget AS c
        WHERE c.campaign_id = ANY(due);
    WITH fresh AS MATERIALIZED (
        SELECT b.*, c.lane, row_number() OVER (PARTITION BY c.lane ORDER BY b.campaign_id) AS place
        FROM "spend".budget AS b JOIN "spend".campaign_budget AS c USING (campaign_id)
        WHERE b.campaign_id = ANY(due) AND b.daily_nanos > 0 AND b.starts_at <= as_of AND b.ends_at > as_of
            -- Where the zone was changed a date may come twice.
            AND NOT EXISTS (SELECT FROM "spend".budget_signal AS s
                WHERE s.kind = 'reset' AND s.campaign_id = b.campaign_id AND s.day = b.day)
    ), numbers AS MATERIALIZED (
        SELECT n.lane, n.before
        FROM (SELECT array_agg(lane) AS lanes, array_agg(1::int8) AS counts FROM fresh HAVING count(*) > 0) AS asked,
            LATERAL "spend".next_sequences(asked.lanes, asked.counts) AS n
    )
    INSERT INTO "spend".budget_signal (lane, sequence, campaign_id, advertiser_id, currency, kind, budget,
        threshold_percent, day, budget_nanos, spent_nanos, budget_version, sources)
    SELECT lane, numbers.before + place, campaign_id, advertiser_id, currency, 'reset', 'daily', 0, day, daily_nanos,
        day_spent_nanos, version, "spend".budget_sources(campaign_id)
    FROM fresh JOIN numbers USING (lane);
    PERFORM "spend".judge_budgets(due);
    RETURN cardinality(due);
END
$body$;

COMMENT ON FUNCTION "spend".start_days(timestamptz, int4) IS 'Starts the new day of campaigns whose day is over at a moment, each day once, and signals it.';

-- What the days that are not over come to, from the levels: hours that lie within one day, and the minutes and adjustments
-- of those that do not, because a day does not begin on the hour of UTC. However far ahead: where records have no timestamp
-- an event may lie anywhere.
CREATE FUNCTION "spend".rebuild_budget_days(campaigns int8[]) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    DELETE FROM "spend".budget_day_by_partition AS d WHERE d.campaign_id = ANY(campaigns);
    INSERT INTO "spend".budget_day_by_partition (campaign_id, day, source, source_partition, spend_nanos, adjustment_nanos)
    WITH given AS MATERIALIZED (
        SELECT c.campaign_id, c.currency, c.zone, s.day, "spend".day_start(s.day, c.zone) - interval '1 hour' AS begins_behind
        FROM "spend".campaign_budget AS c JOIN "spend".budget_state AS s USING (campaign_id)
        WHERE c.campaign_id = ANY(campaigns)
    ), bounds AS MATERIALIZED (
        SELECT min(begins_behind) AS begins_behind FROM given
    ), hours AS MATERIALIZED (
        SELECT g.campaign_id, g.currency, g.zone, g.day AS first_day, h.hour, h.advertiser_id, h.source, h.source_partition, h.spend_nanos,
            h.adjustment_nanos, (h.hour AT TIME ZONE g.zone)::date AS day,
            ((h.hour + interval '59 minutes 59.999 seconds') AT TIME ZONE g.zone)::date AS last_day
        FROM bounds AS b JOIN "spend".hour_by_partition AS h ON h.hour > b.begins_behind
        JOIN given AS g ON g.campaign_id = h.campaign_id AND g.currency = h.currency AND h.hour > g.begins_behind
    ), parts(campaign_id, first_day, day, source, source_partition, spend_nanos, adjustment_nanos) AS (
        SELECT campaign_id, first_day, day, source, source_partition, spend_nanos, adjustment_nanos
        FROM hours WHERE day = last_day
        UNION ALL
        SELECT h.campaign_id, h.first_day, (m.minute AT TIME ZONE h.zone)::date, 'e', m.source_partition, m.spend_nanos, 0
        FROM hours AS h JOIN "spend".minute_by_partition AS m
            ON m.campaign_id = h.campaign_id AND m.advertiser_id = h.advertiser_id AND m.currency = h.currency
            AND m.source_partition = h.source_partition
            AND m.minute >= h.hour AND m.minute < h.hour + interval '1 hour'
        WHERE h.day <> h.last_day AND h.source = 'e'
        UNION ALL
        SELECT h.campaign_id, h.first_day, (a.event_time AT TIME ZONE h.zone)::date, 'a', a.source_partition, 0,
            a.amount_nanos
        FROM hours AS h JOIN "spend".adjustment AS a
            ON a.campaign_id = h.campaign_id AND a.advertiser_id = h.advertiser_id AND a.currency = h.currency
            AND a.source_partition = h.source_partition
            AND a.event_time >= h.hour AND a.event_time < h.hour + interval '1 hour'
        WHERE h.day <> h.last_day AND h.source = 'a'
    )
    SELECT campaign_id, day, source, source_partition, sum(spend_nanos), sum(adjustment_nanos)
    FROM parts WHERE day >= first_day GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;
END
$body$;

-- Takes budgets over in the order of their log, and judges their campaigns. Answers how many were ignored because a newer
-- version was there.
CREATE FUNCTION "spend".set_budgets(
    partitions int4[], offsets int8[], campaigns int8[], advertisers int8[], currencies text[], dailies int8[],
    lifetimes int8[], zones text[], starts timestamptz[], ends timestamptz[], versions int8[], removals bool[],
    as_of timestamptz
) RETURNS int8 LANGUAGE plpgsql AS $body$
DECLARE
    given record;
    known "spend".campaign_budget;
    rebuilt int8[] := '{}';
    stale int8 := 0;
BEGIN
    PERFORM "spend".lock_definitions(), "spend".begin_results();
    PERFORM 1 FROM "spend".budget_state AS s WHERE s.campaign_id = ANY(campaigns) ORDER BY s.campaign_id FOR UPDATE;
    FOR given IN
        SELECT * FROM unnest(partitions, offsets, campaigns, advertisers, currencies, dailies, lifetimes, zones, starts,
            ends, versions, removals) WITH ORDINALITY
            AS g(source_partition, record_offset, campaign_id, advertiser_id, currency, daily, lifetime, zone, starts_at,
                ends_at, version, is_removal, place)
        ORDER BY place
    LOOP
        IF given.is_removal THEN
            DELETE FROM "spend".campaign_budget AS c WHERE c.campaign_id = given.campaign_id;
            DELETE FROM "spend".budget_day_by_partition AS d WHERE d.campaign_id = given.campaign_id;
            CONTINUE;
        END IF;
        SELECT * INTO known FROM "spend".campaign_budget AS c WHERE c.campaign_id = given.campaign_id;
        IF FOUND AND known.version > given.version THEN
            UPDATE "spend".campaign_budget AS c SET stale_versions = c.stale_versions + 1
                WHERE c.campaign_id = given.campaign_id;
            stale := stale + 1;
            CONTINUE;
        END IF;
        INSERT INTO "spend".campaign_budget AS c (campaign_id, advertiser_id, currency, daily_nanos, lifetime_nanos, zone,
            starts_at, ends_at, version, lane, source_partition, record_offset)
        VALUES (given.campaign_id, given.advertiser_id, given.currency, given.daily, given.lifetime, given.zone,
            coalesce(given.starts_at, '-infinity'), coalesce(given.ends_at, 'infinity'), given.version,
            given.source_partition, given.source_partition, given.record_offset)
        ON CONFLICT (campaign_id) DO UPDATE SET advertiser_id = excluded.advertiser_id, currency = excluded.currency,
            daily_nanos = excluded.daily_nanos, lifetime_nanos = excluded.lifetime_nanos, zone = excluded.zone,
            starts_at = excluded.starts_at, ends_at = excluded.ends_at, version = excluded.version,
            source_partition = excluded.source_partition, record_offset = excluded.record_offset,
            received_at = excluded.received_at;
        INSERT INTO "spend".budget_state AS s (campaign_id, day, day_ends_at)
        VALUES (given.campaign_id, (as_of AT TIME ZONE given.zone)::date,
            "spend".day_start((as_of AT TIME ZONE given.zone)::date + 1, given.zone))
        ON CONFLICT (campaign_id) DO UPDATE SET day = excluded.day, day_ends_at = excluded.day_ends_at
            WHERE known.zone <> given.zone;
        IF known.campaign_id IS NULL OR known.zone <> given.zone OR known.currency <> given.currency THEN
            rebuilt := rebuilt || given.campaign_id;
        END IF;
    END LOOP;
    IF cardinality(rebuilt) > 0 THEN PERFORM "spend".rebuild_budget_days(rebuilt); END IF;
    PERFORM "spend".judge_budgets(campaigns);
    RETURN stale;
END
$body$;

-- What an operator's rewind shows and removes of the other sources.

CREATE FUNCTION "spend".forget_partition(wanted int4, wanted_source text) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    PERFORM "spend".lock_definitions();
    CASE wanted_source
        WHEN 'adjustments' THEN
            DELETE FROM "spend".adjustment WHERE source_partition = wanted;
            PERFORM "spend".forget_levels(wanted, 'a');
        WHEN 'budgets' THEN
            DELETE FROM "spend".budget_day_by_partition AS d USING "spend".campaign_budget AS c
                WHERE c.source_partition = wanted AND d.campaign_id = c.campaign_id;
            DELETE FROM "spend".campaign_budget WHERE source_partition = wanted;
        ELSE
            RAISE EXCEPTION 'this schema has no results of "%"', wanted_source USING ERRCODE = '22023';
    END CASE;
END
$body$;

COMMENT ON FUNCTION "spend".forget_partition(int4, text) IS 'The same for a partition of adjustments or budgets.';

CREATE FUNCTION "spend".partition_totals(wanted int4, wanted_source text)
RETURNS TABLE (output text, row_count int8, currency text, nanos numeric) LANGUAGE sql STABLE AS $body$
    SELECT 'adjustment', count(*), a.currency, sum(a.amount_nanos)
    FROM "spend".adjustment AS a WHERE a.source_partition = wanted AND wanted_source = 'adjustments'
    GROUP BY a.currency
    UNION ALL
    SELECT 'campaign_budget', count(*), NULL, NULL
    FROM "spend".campaign_budget AS c WHERE c.source_partition = wanted AND wanted_source = 'budgets'
    HAVING count(*) > 0
    ORDER BY 1, 3
$body$;

COMMENT ON FUNCTION "spend".partition_totals(int4, text) IS 'The same for a partition of adjustments or budgets.';

-- Who only reads.

CREATE FUNCTION "spend".grant_reader(reader text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    found record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = reader) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', reader);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I',
        (SELECT relnamespace::regnamespace FROM pg_catalog.pg_class WHERE oid = '"spend".minute'::regclass), reader);
    FOR found IN
        SELECT c.oid::regclass AS name FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_class AS minute USING (relnamespace)
        WHERE minute.oid = '"spend".minute'::regclass AND (c.relkind = 'v' OR c.relname IN ('exchange_rate', 'advertiser_zone'))
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO %I', found.name, reader);
    END LOOP;
    -- Everybody may run them unless the database's owner has taken that away.
    FOR found IN
        SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_class AS minute ON minute.relnamespace = p.pronamespace
        WHERE minute.oid = '"spend".minute'::regclass AND (p.proname LIKE '%\_changes'
            OR p.proname IN ('change_cursor', 'cursor_position', 'changed_from', 'zone_rules', 'advertiser_day', 'day_start'))
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', found.name, reader);
    END LOOP;
END
$body$;

COMMENT ON FUNCTION "spend".grant_reader(text) IS 'Lets a role read the views, the zones and the rates, and nothing else; makes it, without a login, where it is missing. Repeat it after a migration that adds views.';
