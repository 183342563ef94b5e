-- Of a compacted topic: more than one record that the log is compared with. The version before neither reads nor writes
-- these columns and works beside this one; what it moves is told by older_anchors_next, and the columns are left aside.

ALTER TABLE "sluice".progress
    ADD COLUMN older_anchor_offsets       int8[] NOT NULL DEFAULT '{}',
    ADD COLUMN older_anchor_timestamps_ms int8[] NOT NULL DEFAULT '{}',
    ADD COLUMN older_anchor_hashes        int8[] NOT NULL DEFAULT '{}',
    ADD COLUMN older_anchors_next         int8;

COMMENT ON COLUMN "sluice".progress.older_anchor_offsets IS 'Of a compacted topic: records applied before that of anchor_offset, oldest first. Where the log does not hold that one any more, the newest of these that it holds is compared.';
COMMENT ON COLUMN "sluice".progress.older_anchor_timestamps_ms IS 'The timestamp of each of them.';
COMMENT ON COLUMN "sluice".progress.older_anchor_hashes IS 'The hash of each of them, as anchor_hash.';
COMMENT ON COLUMN "sluice".progress.older_anchors_next IS 'next_offset when they were written. Where next_offset is another one, a version that does not know them has moved the row since, perhaps to another log: they do not count.';
