-- What every job keeps beside its results: how far each partition is applied, and what could not be processed.

CREATE TABLE "sluice".progress (
    job                  text        NOT NULL,
    topic                text        NOT NULL,
    partition            int4        NOT NULL,
    epoch                int8        NOT NULL,
    next_offset          int8,
    stream_time_ms       int8,
    watermark            timestamptz,
    anchor_offset        int8,
    anchor_timestamp_ms  int8,
    anchor_hash          int8,
    mark_offsets         int8[]      NOT NULL DEFAULT '{}',
    mark_stream_times_ms int8[]      NOT NULL DEFAULT '{}',
    records              int8        NOT NULL DEFAULT 0,
    duplicates           int8        NOT NULL DEFAULT 0,
    late_events          int8        NOT NULL DEFAULT 0,
    invalid_events       int8        NOT NULL DEFAULT 0,
    dead_letters         int8        NOT NULL DEFAULT 0,
    skipped_offsets      int8        NOT NULL DEFAULT 0,
    owner                text        NOT NULL,
    updated_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, topic, partition)
) WITH (fillfactor = 50);

COMMENT ON TABLE "sluice".progress IS 'How far a job has applied each partition. Moves only in the transaction that makes the results visible.';
COMMENT ON COLUMN "sluice".progress.epoch IS 'Raised by every claim; a commit under an older epoch is refused.';
COMMENT ON COLUMN "sluice".progress.next_offset IS 'The offset to read next; null before the first commit.';
COMMENT ON COLUMN "sluice".progress.stream_time_ms IS 'The log''s own time S(next_offset - 1), milliseconds of Unix time.';
COMMENT ON COLUMN "sluice".progress.watermark IS 'stream_time_ms less the allowed out-of-orderness.';
COMMENT ON COLUMN "sluice".progress.anchor_offset IS 'The last applied record, with its timestamp and a hash of its bytes: the log must still hold it.';
COMMENT ON COLUMN "sluice".progress.mark_offsets IS 'From where remembered ids are read again after a restart; each with the stream time before it.';
COMMENT ON COLUMN "sluice".progress.skipped_offsets IS 'Offsets that the log does not hold: transaction markers, compaction.';

CREATE TABLE "sluice".dead_letter (
    job              text        NOT NULL,
    topic            text        NOT NULL,
    partition        int4        NOT NULL,
    record_offset    int8        NOT NULL,
    reason           text        NOT NULL,
    record_timestamp timestamptz,
    record_key       bytea,
    payload          bytea,
    headers          jsonb       NOT NULL DEFAULT '[]',
    at               timestamptz NOT NULL DEFAULT now(),
    redriven_at      timestamptz,
    redriven_offset  int8,
    PRIMARY KEY (job, topic, partition, record_offset, at)
) PARTITION BY RANGE (at);

CREATE TABLE "sluice".dead_letter_other PARTITION OF "sluice".dead_letter DEFAULT;

COMMENT ON TABLE "sluice".dead_letter IS 'Records that could not be processed, whole, with the fixed code of the reason. A partition a month.';
COMMENT ON COLUMN "sluice".dead_letter.payload IS 'Null where the record had no payload, empty where it had one of zero bytes.';
COMMENT ON COLUMN "sluice".dead_letter.headers IS 'Array of {"name", "value"}; the value is base64, or null.';

-- Makes the partition of dead letters for the month of a moment, if it is not there.
CREATE FUNCTION "sluice".ensure_dead_letter_partition(moment timestamptz) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    first date := date_trunc('month', moment AT TIME ZONE 'UTC')::date;
    name  text := format('dead_letter_%s', to_char(first, 'YYYYMM'));
BEGIN
    IF to_regclass(format('"sluice".%I', name)) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('"sluice".dead_letter', 0));
    -- By a query, which sees what was committed while this waited; to_regclass may answer from a cache that does not.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_class AS parent USING (relnamespace)
        WHERE parent.oid = '"sluice".dead_letter'::regclass AND c.relname = name
    ) THEN RETURN; END IF;
    EXECUTE format(
        'CREATE TABLE "sluice".%I PARTITION OF "sluice".dead_letter FOR VALUES FROM (%L) TO (%L)', name,
        (first::timestamp AT TIME ZONE 'UTC'), ((first + interval '1 month') AT TIME ZONE 'UTC'));
END
$body$;

-- Ends the transaction when the compare-and-set of the progress did not move every partition asked for.
CREATE FUNCTION "sluice".require_moved(refused int4[]) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'the epoch or the offset of partitions % is not the expected one', refused
            USING ERRCODE = 'SLU01', DETAIL = refused::text;
    END IF;
END
$body$;
