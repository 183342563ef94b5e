public import Streams

/// How far results go, against what the log holds. It needs no recount, so it can also say why there is none: a log that
/// ends before the results do cannot be recounted to where they are.
public enum ProgressComparison {
    static let title = "Progress: applied offsets against the ends of the log"

    /// - Parameter bounds: of each partition, taken after the snapshot.
    public static func compare(
        _ cut: ResultCut, with bounds: [Partition: LogBounds]
    ) -> (check: ReconciliationReport.Check, differences: [ReconciliationReport.Difference]) {
        var differences: [ReconciliationReport.Difference] = []
        var behind: Int64 = 0
        func differs(_ partition: Int32, expected: String?, actual: Int64?, _ explanation: String) {
            differences.append(
                .init(
                    number: 0, check: "progress", class: .progress,
                    key: [.init("topic", cut.topic), .init("partition", String(partition))],
                    columns: [.init("next_offset", expected: expected, actual: actual.map { String($0) })], nanos: "0",
                    currency: nil, events: [], eventCount: 0, explanation: explanation))
        }
        for (partition, bounds) in bounds.sorted(by: { $0.key < $1.key }) {
            let (start, end) = (bounds.start.rawValue, bounds.end.rawValue)
            guard let next = cut.partition(partition.rawValue)?.nextOffset else {
                // Nothing was applied of it, and everything that is there can be.
                behind += end - start
                continue
            }
            if next > end {
                differs(
                    partition.rawValue, expected: "at most \(end)", actual: next,
                    "The results hold records that the log does not have: it ends before them. It was cut off, or is another one."
                )
            } else if next < start {
                differs(
                    partition.rawValue, expected: "at least \(start)", actual: next,
                    "The log begins behind the next record to be applied: \(start - next) offsets are gone that were never applied."
                )
            } else {
                behind += end - next
            }
        }
        for row in cut.partitions where bounds[Partition(row.partition)] == nil {
            differs(
                row.partition, expected: nil, actual: row.nextOffset,
                "There is progress of a partition that the log does not have.")
        }
        let check = ReconciliationReport.Check(
            name: "progress", title: title, compared: Int64(bounds.count), differing: Int64(differences.count),
            status: differences.isEmpty ? .match : .mismatch,
            note: behind == 0 ? nil : "\(behind) offsets of the log are not applied yet.")
        return (check, differences)
    }
}
