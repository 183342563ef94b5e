/// Spend by hour and currency, for the picture: few enough points to be drawn.
struct HourPoints {
    private static let currencies = 4
    private static let limit = 2_000
    private static let hour: Int64 = 3_600_000

    private struct Place: Hashable {
        var start: Int64
        var currency: UInt32
    }

    private struct Sums {
        var expected: Int128 = 0
        var actual: Int128 = 0
        var differing: Int64 = 0
    }

    private var sums: [Place: Sums] = [:]

    /// A row of an hour.
    mutating func add(_ key: SpendRowKey, expected: Int128, actual: Int128) {
        let place = Place(start: key.start, currency: key.currency)
        sums[place, default: Sums()].expected += expected
        sums[place, default: Sums()].actual += actual
    }

    /// A row within an hour that differs.
    mutating func differs(_ key: SpendRowKey) {
        let start = ZoneTable.floorDay(key.start) * ZoneTable.dayMilliseconds
        let hour = start + (key.start - start) / Self.hour * Self.hour
        sums[Place(start: hour, currency: key.currency), default: Sums()].differing += 1
    }

    /// Ascending by hour and currency: of the currencies that differ, then of those with the most spend. Where that is too
    /// much, points hold several hours.
    func points() -> [ReconciliationReport.HourPoint] {
        var spend: [UInt32: Int128] = [:]
        for (place, sum) in sums { spend[place.currency, default: 0] += Int128(sum.expected.magnitude) }
        let differing = Set(sums.filter { $0.value.differing > 0 }.map(\.key.currency))
        let ordered = spend.sorted { a, b in
            let (first, second) = (differing.contains(a.key), differing.contains(b.key))
            if first != second { return first }
            return a.value != b.value ? a.value > b.value : a.key < b.key
        }
        let chosen = Set(ordered.prefix(Self.currencies).map(\.key))
        var merged = sums.filter { chosen.contains($0.key.currency) }
        for hours: Int64 in [1, 3, 6, 24, 168, 720, 8_760, 87_600] {
            merged = Self.merge(merged, step: hours * Self.hour)
            if merged.count <= Self.limit { break }
        }
        return merged.sorted { ($0.key.start, $0.key.currency) < ($1.key.start, $1.key.currency) }.map { place, sum in
            .init(
                startMilliseconds: place.start, currency: RecountText.letters(place.currency, count: 3),
                expectedNanos: String(sum.expected), actualNanos: String(sum.actual), differingRows: sum.differing)
        }
    }

    private static func merge(_ sums: [Place: Sums], step: Int64) -> [Place: Sums] {
        var merged: [Place: Sums] = [:]
        for (place, sum) in sums {
            let index = place.start >= 0 ? place.start / step : -((-place.start + step - 1) / step)
            let wider = Place(start: index * step, currency: place.currency)
            merged[wider, default: Sums()].expected += sum.expected
            merged[wider, default: Sums()].actual += sum.actual
            merged[wider, default: Sums()].differing += sum.differing
        }
        return merged
    }
}
