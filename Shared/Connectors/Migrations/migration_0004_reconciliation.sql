-- What reconciliations found, and what was mended because of them. The version before neither reads nor writes any of this
-- and works beside this one.

CREATE TABLE "sluice".reconciliation (
    id               int8        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job              text        NOT NULL,
    topic            text        NOT NULL,
    kind             text        NOT NULL CHECK (kind IN ('hour', 'full', 'run')),
    from_time        timestamptz,
    to_time          timestamptz,
    revision         int4        NOT NULL CHECK (revision > 0),
    verdict          text        NOT NULL CHECK (verdict IN ('match', 'mismatch', 'could_not_compare')),
    obstacle         text,
    records          int8        NOT NULL,
    rows_compared    int8        NOT NULL,
    difference_count int8        NOT NULL,
    difference_nanos jsonb       NOT NULL DEFAULT '{}',
    findings         jsonb       NOT NULL DEFAULT '[]',
    cut              jsonb       NOT NULL DEFAULT '[]',
    report           json        NOT NULL,
    report_hash      text        NOT NULL,
    report_id        text        NOT NULL,
    started_at       timestamptz NOT NULL,
    finished_at      timestamptz NOT NULL,
    cpu_ms           int8        NOT NULL,
    wall_ms          int8        NOT NULL,
    program          text        NOT NULL,
    CHECK (kind <> 'hour' OR from_time IS NOT NULL AND to_time IS NOT NULL),
    CHECK (from_time < to_time),
    UNIQUE NULLS NOT DISTINCT (job, topic, kind, from_time, to_time, revision)
);
CREATE INDEX reconciliation_hour ON "sluice".reconciliation (job, topic, to_time) WHERE kind = 'hour';
CREATE INDEX reconciliation_by_report ON "sluice".reconciliation (report_id);

COMMENT ON TABLE "sluice".reconciliation IS 'What each comparison of results with the log came to. Never updated: whoever compares again adds a revision.';
COMMENT ON COLUMN "sluice".reconciliation.id IS 'In the order in which they were stored.';
COMMENT ON COLUMN "sluice".reconciliation.job IS 'The job whose results were compared.';
COMMENT ON COLUMN "sluice".reconciliation.topic IS 'The topic that they come of.';
COMMENT ON COLUMN "sluice".reconciliation.kind IS 'hour: an hour that was closed. full: everything, by the service. run: by hand.';
COMMENT ON COLUMN "sluice".reconciliation.from_time IS 'Windows that begin from this moment on; null: unbounded.';
COMMENT ON COLUMN "sluice".reconciliation.to_time IS 'Windows that begin before this moment; null: unbounded.';
COMMENT ON COLUMN "sluice".reconciliation.revision IS 'Counts the comparisons of the same range from 1; the highest one holds.';
COMMENT ON COLUMN "sluice".reconciliation.verdict IS 'match, mismatch, or could_not_compare.';
COMMENT ON COLUMN "sluice".reconciliation.obstacle IS 'Why it could not be compared; null otherwise.';
COMMENT ON COLUMN "sluice".reconciliation.records IS 'Records of the log on which it rests.';
COMMENT ON COLUMN "sluice".reconciliation.rows_compared IS 'How many rows and other things were compared, in all checks.';
COMMENT ON COLUMN "sluice".reconciliation.difference_count IS 'How many of them differ.';
COMMENT ON COLUMN "sluice".reconciliation.difference_nanos IS 'By how much the rows of a level differ, without regard to sign: object of currency to text, of the level where it is most.';
COMMENT ON COLUMN "sluice".reconciliation.findings IS 'What agrees by contract and is worth knowing: array of {"class", "count"}.';
COMMENT ON COLUMN "sluice".reconciliation.cut IS 'The records that both sides speak of: array of {"topic", "partition", "from_offset", "to_offset"}.';
COMMENT ON COLUMN "sluice".reconciliation.report IS 'The whole report, character by character.';
COMMENT ON COLUMN "sluice".reconciliation.report_hash IS 'SHA-256 of the report''s text, in hexadecimal.';
COMMENT ON COLUMN "sluice".reconciliation.report_id IS 'The report''s own id: it follows from its figures.';
COMMENT ON COLUMN "sluice".reconciliation.started_at IS 'When the comparison began, by the clock of its program.';
COMMENT ON COLUMN "sluice".reconciliation.finished_at IS 'When it was over.';
COMMENT ON COLUMN "sluice".reconciliation.cpu_ms IS 'CPU time of the program, milliseconds.';
COMMENT ON COLUMN "sluice".reconciliation.wall_ms IS 'How long it took, milliseconds.';
COMMENT ON COLUMN "sluice".reconciliation.program IS 'The program and its version.';

CREATE TABLE "sluice".reconciliation_difference (
    reconciliation_id int8   NOT NULL REFERENCES "sluice".reconciliation ON DELETE CASCADE,
    number            int4   NOT NULL,
    check_name        text   NOT NULL,
    class             text   NOT NULL,
    row_key           jsonb  NOT NULL,
    differing         jsonb  NOT NULL,
    nanos             numeric(38, 0) NOT NULL,
    currency          text,
    events            jsonb  NOT NULL,
    event_count       int8   NOT NULL,
    explanation       text   NOT NULL,
    PRIMARY KEY (reconciliation_id, number)
);

COMMENT ON TABLE "sluice".reconciliation_difference IS 'The largest differences of each reconciliation.';
COMMENT ON COLUMN "sluice".reconciliation_difference.reconciliation_id IS 'Of which reconciliation.';
COMMENT ON COLUMN "sluice".reconciliation_difference.number IS 'As the report numbers them, from 1.';
COMMENT ON COLUMN "sluice".reconciliation_difference.check_name IS 'Which comparison found it, such as minute or dead_letters.';
COMMENT ON COLUMN "sluice".reconciliation_difference.class IS 'What it is, such as missing_event or counted_twice.';
COMMENT ON COLUMN "sluice".reconciliation_difference.row_key IS 'Which row: object of column to text.';
COMMENT ON COLUMN "sluice".reconciliation_difference.differing IS 'The columns: object of name to {"expected", "actual"}, text or null.';
COMMENT ON COLUMN "sluice".reconciliation_difference.nanos IS 'Actual less expected, billionths of the currency.';
COMMENT ON COLUMN "sluice".reconciliation_difference.currency IS 'ISO 4217; null where no money is meant.';
COMMENT ON COLUMN "sluice".reconciliation_difference.events IS 'The first records that make it up: array of {"topic", "partition", "offset"}.';
COMMENT ON COLUMN "sluice".reconciliation_difference.event_count IS 'How many there are in all.';
COMMENT ON COLUMN "sluice".reconciliation_difference.explanation IS 'A sentence for people.';

CREATE TABLE "sluice".reconciliation_repair (
    id             int8        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_hash      text        NOT NULL UNIQUE,
    job            text        NOT NULL,
    topic          text        NOT NULL,
    reason         text        NOT NULL CHECK (reason ~ '\S'),
    database_user  text        NOT NULL DEFAULT session_user,
    operator       text        NOT NULL CHECK (operator ~ '\S'),
    applied_at     timestamptz NOT NULL DEFAULT now(),
    transaction_id int8        NOT NULL DEFAULT pg_current_xact_id()::text::int8,
    row_count      int8        NOT NULL,
    nanos          jsonb       NOT NULL DEFAULT '{}',
    plan           json        NOT NULL
);

COMMENT ON TABLE "sluice".reconciliation_repair IS 'Results that were mended from the log, one row a plan, written in the transaction that mended them. Never updated.';
COMMENT ON COLUMN "sluice".reconciliation_repair.id IS 'In the order in which they began.';
COMMENT ON COLUMN "sluice".reconciliation_repair.plan_hash IS 'SHA-256 of the plan''s text in hexadecimal: no plan is applied twice.';
COMMENT ON COLUMN "sluice".reconciliation_repair.job IS 'The job whose results were mended.';
COMMENT ON COLUMN "sluice".reconciliation_repair.topic IS 'The topic that they come of.';
COMMENT ON COLUMN "sluice".reconciliation_repair.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN "sluice".reconciliation_repair.database_user IS 'The role that the command was logged in as.';
COMMENT ON COLUMN "sluice".reconciliation_repair.operator IS 'The account and the host that the command ran on: user@host.';
COMMENT ON COLUMN "sluice".reconciliation_repair.applied_at IS 'When the transaction began.';
COMMENT ON COLUMN "sluice".reconciliation_repair.transaction_id IS 'The transaction: rows that were mended by it say so in changed_in.';
COMMENT ON COLUMN "sluice".reconciliation_repair.row_count IS 'How many rows were mended.';
COMMENT ON COLUMN "sluice".reconciliation_repair.nanos IS 'What was added to the rows of lifetimes: object of currency to text.';
COMMENT ON COLUMN "sluice".reconciliation_repair.plan IS 'The plan, character by character: each row before and after.';
