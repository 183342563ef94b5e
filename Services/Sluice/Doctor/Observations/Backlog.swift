/// What waits in the log, and how fast it is applied.
struct Backlog: Sendable {
    /// Records that wait.
    let lag: Int64
    /// Records applied a second, between the two looks.
    let rate: Double
    /// Rows of partitions in which something waits.
    let rows: [ProgressSight]

    /// Nil where nothing waits, or it could not be seen.
    init?(_ seen: Observations) {
        guard let log = seen.log.value, let progress = seen.results.value?.progress, !seen.laterProgress.isEmpty else {
            return nil
        }
        rows = seen.laterProgress.filter { log.lag($0) ?? 0 > 0 }
        lag = rows.reduce(0) { $0 + (log.lag($1) ?? 0) }
        guard lag > 0 else { return nil }
        let before = Dictionary(
            progress.map { ($0.place, $0.nextOffset ?? 0) }, uniquingKeysWith: { first, _ in first })
        let applied = seen.laterProgress.reduce(Int64(0)) { sum, row in
            guard let from = before[row.place], let to = row.nextOffset else { return sum }
            return sum + max(0, to - from)
        }
        rate = Double(applied) / seen.secondsBetween
    }

    /// Milliseconds until nothing waits, if nothing more came.
    var remaining: Int64? { rate > 0 ? Int64(Double(lag) / rate * 1_000) : nil }

    /// Longer than a restart takes to be made up for.
    var isLong: Bool { remaining.map { $0 > 600_000 } ?? true }

    var text: String {
        "\(lag) records wait"
            + (remaining.map { ", about \(TimeSpan(milliseconds: $0)) at \(Int64(rate)) a second" } ?? "")
    }
}
