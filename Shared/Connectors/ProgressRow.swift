import Postgres
import Streams

extension PartitionProgress {
    /// The columns of a progress row that make up its progress.
    static let columns = [
        "next_offset", "stream_time_ms", "anchor_offset", "anchor_timestamp_ms", "anchor_hash", "mark_offsets",
        "mark_stream_times_ms", "records", "duplicates", "late_events", "invalid_events", "dead_letters",
        "skipped_offsets",
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
}
