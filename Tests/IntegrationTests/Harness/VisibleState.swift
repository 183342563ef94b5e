import Foundation

/// What a reader of the database sees at one moment: results, dead letters and progress of every partition in one
/// snapshot.
struct VisibleState: Sendable {
    struct Partition: Sendable {
        var epoch: Int64 = 0
        var nextOffset: Int64 = 0
        var records: Int64 = 0
        var duplicates: Int64 = 0
        var late: Int64 = 0
        var invalid: Int64 = 0
        var deadLetters: Int64 = 0
        var skipped: Int64 = 0
        /// In the rows: events of every kind, late ones, invalid ones, charges.
        var countedInRows: Int64 = 0
        var lateInRows: Int64 = 0
        var invalidInRows: Int64 = 0
        var spendNanos: Int128 = 0
        /// In the table of dead letters: how many, and the largest offset.
        var letters: Int64 = 0
        var lastLetter: Int64 = -1
    }

    var partitions: [Int32: Partition] = [:]

    var records: Int64 { partitions.values.reduce(0) { $0 + $1.records } }

    /// What cannot be true of one cut.
    func contradictions() -> [String] {
        partitions.sorted { $0.key < $1.key }.flatMap { partition, seen in
            var found: [String] = []
            func check(_ isTrue: Bool, _ text: String) {
                if !isTrue { found.append("partition \(partition): \(text): \(seen)") }
            }
            check(
                seen.countedInRows + seen.duplicates + seen.deadLetters == seen.records,
                "events in rows, duplicates and dead letters are not the records of its progress")
            check(seen.letters == seen.deadLetters, "another number of dead letters than its progress says")
            check(seen.lateInRows == seen.late, "another number of late events than its progress says")
            check(seen.invalidInRows == seen.invalid, "another number of invalid events than its progress says")
            check(seen.nextOffset == seen.records + seen.skipped, "its next offset is not behind its records")
            check(seen.lastLetter < seen.nextOffset, "a dead letter from beyond its progress")
            return found
        }
    }

    /// What has gone back since an earlier one.
    func regressions(since earlier: VisibleState) -> [String] {
        earlier.partitions.sorted { $0.key < $1.key }.flatMap { partition, before in
            guard let now = partitions[partition] else { return ["partition \(partition): its progress is gone"] }
            var found: [String] = []
            if now.epoch < before.epoch {
                found.append("partition \(partition): epoch \(now.epoch) after \(before.epoch)")
            }
            if now.nextOffset < before.nextOffset {
                found.append("partition \(partition): offset \(now.nextOffset) after \(before.nextOffset)")
            }
            return found
        }
    }
}

extension Scenario {
    /// One statement is one snapshot.
    func visibleState() throws -> VisibleState {
        let rows = try database.rows(
            """
            SELECT p.partition, p.epoch, coalesce(p.next_offset, 0), p.records, p.duplicates, p.late_events,
                p.invalid_events, p.dead_letters, p.skipped_offsets, coalesce(m.counted, 0), coalesce(m.late, 0),
                coalesce(m.invalid, 0), coalesce(m.spend, 0), coalesce(d.letters, 0), coalesce(d.last, -1)
            FROM \(progress) AS p
            LEFT JOIN (
                SELECT source_partition, sum(impressions + clicks + conversions + video_views + invalid_events) AS counted,
                    sum(late_events) AS late, sum(invalid_events) AS invalid, sum(spend_nanos) AS spend
                FROM "\(prefix)spend".minute_by_partition GROUP BY source_partition
            ) AS m ON m.source_partition = p.partition
            LEFT JOIN (
                SELECT partition, count(*) AS letters, max(record_offset) AS last FROM \(deadLetters) GROUP BY partition
            ) AS d ON d.partition = p.partition
            """)
        var state = VisibleState()
        for row in rows {
            let numbers = row.map { $0.flatMap { Int128($0) } ?? -1 }
            let small = numbers.map { Int64(truncatingIfNeeded: $0) }
            state.partitions[Int32(small[0])] = VisibleState.Partition(
                epoch: small[1], nextOffset: small[2], records: small[3], duplicates: small[4], late: small[5],
                invalid: small[6], deadLetters: small[7], skipped: small[8], countedInRows: small[9],
                lateInRows: small[10], invalidInRows: small[11], spendNanos: numbers[12], letters: small[13],
                lastLetter: small[14])
        }
        return state
    }
}
