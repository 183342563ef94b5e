/// The days that minutes add up to, ascending by key: minutes ascend by time, so a day is given out once no minute of it
/// can come any more, and only a few days are in memory at a time.
final class DayRows: SpendRowStream {
    /// A zone is at most 14 hours off UTC, and a day that ends where the next zone begins a day longer than others.
    private static let reach: Int64 = 4 * ZoneTable.dayMilliseconds
    private let minutes: any SpendRowStream
    private let zones: ZoneTable
    private var open: [SpendRowKey: SpendCounts] = [:]
    private var earliest = Int64.max
    private var ready: [SpendRow] = []
    private var position = 0
    private var hasEnded = false

    init(_ minutes: any SpendRowStream, _ zones: ZoneTable) {
        self.minutes = minutes
        self.zones = zones
    }

    func next() throws -> SpendRow? {
        while position == ready.count {
            guard !hasEnded else { return nil }
            try fold()
        }
        defer { position += 1 }
        return ready[position]
    }

    /// Adds minutes up until a day is complete.
    private func fold() throws {
        while let row = try minutes.next() {
            let day = try zones.day(ofAdvertiser: row.key.advertiser, at: row.key.start) * ZoneTable.dayMilliseconds
            guard day >= row.key.start - Self.reach / 2 else {
                throw ComparisonError(
                    "The minute \(CivilTime(milliseconds: row.key.start).iso) of advertiser \(row.key.advertiser) belongs to a day that ended long before it.",
                    hint: "Look at the advertiser's rows in the table of zones.")
            }
            let key = SpendRowKey(
                level: .day, partition: row.key.partition, start: day, campaign: row.key.campaign,
                advertiser: row.key.advertiser, currency: row.key.currency)
            open[key, default: SpendCounts()] += row.counts
            earliest = min(earliest, day)
            if row.key.start > earliest + Self.reach {
                giveOut { $0 + Self.reach < row.key.start }
                return
            }
        }
        hasEnded = true
        giveOut { _ in true }
    }

    private func giveOut(_ isComplete: (Int64) -> Bool) {
        ready = open.filter { isComplete($0.key.start) }.map { SpendRow(key: $0.key, counts: $0.value) }
        ready.sort { $0.key < $1.key }
        position = 0
        for row in ready { open[row.key] = nil }
        earliest = open.keys.lazy.map(\.start).min() ?? .max
    }
}
