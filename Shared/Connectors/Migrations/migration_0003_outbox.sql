-- Outgoing messages, idle partitions, and several topics into one schema. The version before neither reads nor writes any
-- of this and works beside this one.

-- A schema may hold what comes of several topics of one job.
ALTER TABLE "sluice".output ADD COLUMN source text NOT NULL DEFAULT '';
COMMENT ON COLUMN "sluice".output.source IS 'Which of the schema''s sources the topic is; empty for its main one. Where it is not empty, the functions partition_totals and forget_partition take it as their second argument.';

-- A partition without new records has a watermark that stands still. It is idle while it stands where it was found to
-- have nothing more; whoever applies a record ends that by moving next_offset.
ALTER TABLE "sluice".progress ADD COLUMN idle_offset int8;
COMMENT ON COLUMN "sluice".progress.idle_offset IS 'The partition is idle while this equals next_offset: its owner had read everything and nothing came for a while.';

CREATE TABLE "sluice".outbox_lane (
    output        text NOT NULL,
    lane          int4 NOT NULL,
    last_sequence int8 NOT NULL,
    PRIMARY KEY (output, lane)
) WITH (fillfactor = 50);

COMMENT ON TABLE "sluice".outbox_lane IS 'The order of outgoing messages: a dense sequence a lane, given under the lock of this row and in the transaction that has the message, so that it is the order of commits.';
COMMENT ON COLUMN "sluice".outbox_lane.output IS 'What is published, such as budget-signals: a fixed name, whatever the topic is called.';
COMMENT ON COLUMN "sluice".outbox_lane.lane IS 'Messages of one lane are published in the order of their sequence; the number of a partition.';
COMMENT ON COLUMN "sluice".outbox_lane.last_sequence IS 'The sequence that was given last; the first message has 1.';
