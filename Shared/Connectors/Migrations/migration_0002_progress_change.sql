-- What operators have changed by hand, and what a rewind needs to know. The version before neither reads nor writes
-- these tables and works beside this one; dead letters that it stores again after a rewind lack their old marks.

CREATE TABLE "sluice".progress_change (
    id            int8        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job           text        NOT NULL,
    topic         text        NOT NULL,
    partition     int4        NOT NULL,
    version       int8        NOT NULL,
    kind          text        NOT NULL
        CHECK (kind IN ('accept_gap', 'accept_truncation', 'new_log', 'forget_ids', 'rewind')),
    reason        text        NOT NULL CHECK (reason ~ '\S'),
    database_user text        NOT NULL DEFAULT session_user,
    operator      text        NOT NULL,
    at            timestamptz NOT NULL DEFAULT now(),
    log_start     int8        NOT NULL,
    log_end       int8        NOT NULL,
    before        jsonb       NOT NULL,
    after         jsonb       NOT NULL,
    removed       jsonb       NOT NULL DEFAULT '[]',
    UNIQUE (job, topic, partition, version)
);

COMMENT ON TABLE "sluice".progress_change IS 'What operators have changed in "sluice".progress, one row a change, written in its transaction. Never updated.';
COMMENT ON COLUMN "sluice".progress_change.id IS 'In the order in which changes were made.';
COMMENT ON COLUMN "sluice".progress_change.job IS 'The job whose progress was changed.';
COMMENT ON COLUMN "sluice".progress_change.topic IS 'The topic of the partition.';
COMMENT ON COLUMN "sluice".progress_change.partition IS 'The partition that was moved.';
COMMENT ON COLUMN "sluice".progress_change.version IS 'Counts the changes of the partition from 1.';
COMMENT ON COLUMN "sluice".progress_change.kind IS 'accept_gap: went on behind records that are given up. accept_truncation: went on where the log was cut off. new_log: went on in a topic made again. forget_ids: went on without remembered ids. rewind: outputs removed, to be made again from the log.';
COMMENT ON COLUMN "sluice".progress_change.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN "sluice".progress_change.database_user IS 'The role that the command was logged in as.';
COMMENT ON COLUMN "sluice".progress_change.operator IS 'The account and the host that the command ran on: user@host.';
COMMENT ON COLUMN "sluice".progress_change.at IS 'When the transaction began.';
COMMENT ON COLUMN "sluice".progress_change.log_start IS 'Where the partition''s log began then.';
COMMENT ON COLUMN "sluice".progress_change.log_end IS 'Where it ended: the offset of the next record to be written.';
COMMENT ON COLUMN "sluice".progress_change.before IS 'The progress row before, whole.';
COMMENT ON COLUMN "sluice".progress_change.after IS 'The progress row after, whole.';
COMMENT ON COLUMN "sluice".progress_change.removed IS 'What a rewind removed: array of {"output", "rows", "currency", "nanos"}; the last two are null where no money is meant, nanos are text.';

CREATE TABLE "sluice".output (
    job         text        NOT NULL,
    topic       text        NOT NULL,
    schema_name text        NOT NULL,
    since       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, topic, schema_name)
);

COMMENT ON TABLE "sluice".output IS 'Where a job''s results are: noted by the job itself before it first writes.';
COMMENT ON COLUMN "sluice".output.job IS 'The job that writes.';
COMMENT ON COLUMN "sluice".output.topic IS 'The topic that it reads.';
COMMENT ON COLUMN "sluice".output.schema_name IS 'A schema with the functions partition_totals(int4) and forget_partition(int4), which show and remove what came of a source partition.';
COMMENT ON COLUMN "sluice".output.since IS 'When it was noted.';

CREATE TABLE "sluice".redriven_letter (
    job             text        NOT NULL,
    topic           text        NOT NULL,
    partition       int4        NOT NULL,
    record_offset   int8        NOT NULL,
    redriven_at     timestamptz NOT NULL,
    redriven_offset int8,
    PRIMARY KEY (job, topic, partition, record_offset)
);

COMMENT ON TABLE "sluice".redriven_letter IS 'Dead letters that had been sent again when a rewind removed them: the mark is on the letter again as soon as the letter is.';
COMMENT ON COLUMN "sluice".redriven_letter.job IS 'The job of the letter.';
COMMENT ON COLUMN "sluice".redriven_letter.topic IS 'The topic of the letter.';
COMMENT ON COLUMN "sluice".redriven_letter.partition IS 'The partition of the letter.';
COMMENT ON COLUMN "sluice".redriven_letter.record_offset IS 'The offset of the letter''s record.';
COMMENT ON COLUMN "sluice".redriven_letter.redriven_at IS 'When its record was sent again.';
COMMENT ON COLUMN "sluice".redriven_letter.redriven_offset IS 'Where that record is; null where it was not found.';
