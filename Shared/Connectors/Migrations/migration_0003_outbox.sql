-- Outgoing messages, idle partitions, and several topics into one schema. The version before neither reads nor writes any
-- of this and works beside this one.

-- A schema may hold what comes of several topics of one job.
ALTER TABLE "sluice".output ADD COLUMN source text NOT NULL DEFAULT '';
COMMENT ON COLUMN "sluice".output.source IS 'Which of the schema''s sources the topic is; empty for its main one. Where it is not empty, the functions partition_totals and forget_partition take it as their second argument.';

-- A partition without new records has a watermark that stands still. It is idle while it stands where it was found to
-- have nothing more; whoever applies a record ends that by moving next_offset.
ALTER TABLE "sluice".progress ADD COLUMN idle_offset int8;
COMMENT ON COLUMN "sluice".progress.idle_offset IS 'The partition is idle while this equals next_offset: its owner had read everything and nothing came for a while. Where it is lower, the partition was idle until its last commit.';

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

-- Sequences that no message has, with somebody's consent. Whoever publishes stops at any other hole.
CREATE TABLE "sluice".outbox_skip (
    output           text        NOT NULL,
    lane             int4        NOT NULL,
    from_sequence    int8        NOT NULL CHECK (from_sequence > 0),
    through_sequence int8        NOT NULL,
    reason           text        NOT NULL CHECK (reason ~ '\S'),
    at               timestamptz NOT NULL DEFAULT now(),
    database_user    text        NOT NULL DEFAULT session_user,
    PRIMARY KEY (output, lane, from_sequence, through_sequence),
    CHECK (through_sequence >= from_sequence)
);

COMMENT ON TABLE "sluice".outbox_skip IS 'Sequences of a lane that somebody has given up, one row a decision. Where a message of such a sequence is there all the same, it is published.';
COMMENT ON COLUMN "sluice".outbox_skip.output IS 'What is published.';
COMMENT ON COLUMN "sluice".outbox_skip.lane IS 'The lane.';
COMMENT ON COLUMN "sluice".outbox_skip.from_sequence IS 'The first sequence that is given up.';
COMMENT ON COLUMN "sluice".outbox_skip.through_sequence IS 'The last one.';
COMMENT ON COLUMN "sluice".outbox_skip.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN "sluice".outbox_skip.at IS 'When the transaction began.';
COMMENT ON COLUMN "sluice".outbox_skip.database_user IS 'The role that decided.';

-- An operator's decision after a failover that lost messages which were published already: new messages get sequences
-- behind those.
CREATE FUNCTION "sluice".outbox_skip_to(output text, lane int4, sequence int8, reason text DEFAULT 'not given')
RETURNS int8 LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
    before int8;
BEGIN
    INSERT INTO "sluice".outbox_lane (output, lane, last_sequence) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING;
    SELECT l.last_sequence INTO before FROM "sluice".outbox_lane AS l WHERE l.output = $1 AND l.lane = $2 FOR UPDATE;
    IF before >= $3 THEN
        RETURN before;
    END IF;
    UPDATE "sluice".outbox_lane AS l SET last_sequence = $3 WHERE l.output = $1 AND l.lane = $2;
    INSERT INTO "sluice".outbox_skip (output, lane, from_sequence, through_sequence, reason)
    VALUES ($1, $2, before + 1, $3, $4);
    RETURN $3;
END
$body$;

COMMENT ON FUNCTION "sluice".outbox_skip_to(text, int4, int8, text) IS 'Raises a lane''s last sequence, never lowers it, and records what is passed over. Returns the last sequence from then on.';

-- What the relay remembers beside Kafka, a moment late: it tells a positions topic that was lost from a first start.
CREATE TABLE "sluice".outbox_position (
    output     text        NOT NULL,
    lane       int4        NOT NULL,
    position   int8        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (output, lane)
) WITH (fillfactor = 50);

COMMENT ON TABLE "sluice".outbox_position IS 'How far each lane was published, as of about a second ago. The authority is the positions topic in Kafka; this tells when that topic lost some of it, and which messages may be removed.';
COMMENT ON COLUMN "sluice".outbox_position.output IS 'What is published.';
COMMENT ON COLUMN "sluice".outbox_position.lane IS 'The lane.';
COMMENT ON COLUMN "sluice".outbox_position.position IS 'Messages up to this sequence are published.';
COMMENT ON COLUMN "sluice".outbox_position.updated_at IS 'When this was written.';
