import Streams

/// Progress: its counters against the recount, its offsets against the log's ends.
extension Comparison {
    private static let countersTitle = "Counters and the log's time: progress against the recount"

    func compareCounters() {
        var compared: Int64 = 0
        var differing: Int64 = 0
        var notes: [String] = []
        for log in recount.partitions {
            guard let row = snapshot.cut.partition(log.partition), row.nextOffset != nil else { continue }
            guard isWhole(log) else {
                notes.append(
                    "Partition \(log.partition) was not checked: by its counters the job began at offset "
                        + "\(row.firstOffset ?? 0), and the recount at \(log.start).")
                continue
            }
            compared += 1
            let columns = Self.columns(log, row, settings: options.settings)
            guard !columns.isEmpty else { continue }
            differing += 1
            keepProgress(
                "counters", log.partition, columns,
                "The counters of this partition do not say what the log says; the rows of results are compared on their own."
            )
        }
        if compared == 0 {
            return skip(
                "counters", Self.countersTitle,
                notes.isEmpty ? "No partition was applied yet." : notes.joined(separator: " "))
        }
        add(
            "counters", Self.countersTitle, compared: compared, differing: differing,
            note: notes.isEmpty ? nil : notes.joined(separator: " "))
    }

    /// The columns that differ.
    private static func columns(
        _ log: RecountedPartition, _ row: ResultCut.AppliedPartition, settings: RecountSettings
    ) -> [ReconciliationReport.Column] {
        let watermark = log.streamTime.map { $0 - settings.outOfOrdernessMilliseconds }
        let all: [(String, Int64?, Int64?)] = [
            ("records", log.records, row.records), ("duplicates", log.duplicates, row.duplicates),
            ("late_events", log.late, row.late), ("invalid_events", log.invalid, row.invalid),
            ("dead_letters", log.deadLetters, row.deadLetters), ("skipped_offsets", log.skipped, row.skipped),
            ("stream_time_ms", log.streamTime, row.streamTime), ("watermark_ms", watermark, row.watermark),
        ]
        return all.filter { $0.1 != $0.2 }.map {
            .init($0.0, expected: $0.1.map { String($0) }, actual: $0.2.map { String($0) })
        }
    }

    func compareProgress() {
        guard !options.logBounds.isEmpty else {
            return skip("progress", ProgressComparison.title, "The ends of the log were not given.")
        }
        let (check, differences) = ProgressComparison.compare(snapshot.cut, with: options.logBounds)
        add("progress", check.title, compared: check.compared, differing: check.differing, note: check.note)
        for difference in differences { keep(difference) }
    }

    private func keepProgress(
        _ check: String, _ partition: Int32, _ columns: [ReconciliationReport.Column], _ explanation: String
    ) {
        keep(
            .init(
                number: 0, check: check, class: .progress,
                key: [.init("topic", snapshot.cut.topic), .init("partition", String(partition))], columns: columns,
                nanos: "0", currency: nil, events: [], eventCount: 0, explanation: explanation))
    }
}
