import Postgres
import Streams

extension PartitionProgress {
    /// The columns of a progress row that make up its progress.
    static let columns = [
        "next_offset", "stream_time_ms", "anchor_offset", "anchor_timestamp_ms", "anchor_hash", "mark_offsets",
        "mark_stream_times_ms", "records", "duplicates", "late_events", "invalid_events", "dead_letters",
        "skipped_offsets", "older_anchor_offsets", "older_anchor_timestamps_ms", "older_anchor_hashes",
        "older_anchors_next",
    ]

    /// What a row with these columns says.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init()
        nextOffset = try row.optionalInt64("next_offset").map { Offset($0) }
        streamTime = try row.optionalInt64("stream_time_ms").map { EventTime(rawValue: $0) } ?? .distantPast
        if let offset = try row.optionalInt64("anchor_offset") {
            anchor = Anchor(
                offset: Offset(offset), timestampMilliseconds: try row.int64("anchor_timestamp_ms"),
                hash: UInt64(bitPattern: try row.int64("anchor_hash")))
        }
        olderAnchors = try Self.olderAnchors(row)
        let times = try row.int64Array("mark_stream_times_ms")
        for (index, offset) in try row.int64Array("mark_offsets").enumerated() where index < times.count {
            marks.append(HorizonMark(offset: Offset(offset), streamTime: EventTime(rawValue: times[index])))
        }
        counters.records = try row.int64("records")
        counters.duplicates = try row.int64("duplicates")
        counters.late = try row.int64("late_events")
        counters.invalid = try row.int64("invalid_events")
        counters.deadLetters = try row.int64("dead_letters")
        counters.skippedOffsets = try row.int64("skipped_offsets")
    }

    /// None where they are not those of the row as it is: a version that does not know them has moved it since.
    private static func olderAnchors(_ row: PostgresRow) throws(PostgresError) -> [Anchor] {
        guard let next = try row.optionalInt64("older_anchors_next"), try next == row.optionalInt64("next_offset"),
            try !row.isNull("anchor_offset")
        else { return [] }
        let offsets = try row.int64Array("older_anchor_offsets")
        let timestamps = try row.int64Array("older_anchor_timestamps_ms")
        let hashes = try row.int64Array("older_anchor_hashes")
        guard timestamps.count == offsets.count, hashes.count == offsets.count else { return [] }
        return offsets.indices.map { place in
            Anchor(
                offset: Offset(offsets[place]), timestampMilliseconds: timestamps[place],
                hash: UInt64(bitPattern: hashes[place]))
        }
    }
}
