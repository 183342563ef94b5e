/// Our days against those of a ledger: a merge of two sorted streams. A day that one side does not have counts as 0 there.
public struct LedgerComparison: Sendable {
    /// What it came to; `differing` are those that both sides have.
    public private(set) var result: ReconciliationReport.ExternalComparison
    /// The largest differences, numbered from 1: by amount, then by key.
    public private(set) var differences: [ReconciliationReport.Difference] = []
    /// How many there are in all.
    public var differenceCount: Int64 { result.differing + result.missingThere + result.missingHere }

    /// The name of the check, and of the differences' check.
    public static let check = "external_ledger"

    /// The check as the report lists it.
    public var checkResult: ReconciliationReport.Check {
        ReconciliationReport.Check(
            name: Self.check, title: "Days of campaigns, against the billing ledger (\(result.source))",
            compared: result.compared, differing: differenceCount, status: differenceCount == 0 ? .match : .mismatch)
    }

    /// Compares all that both have of these days. What lies outside of them is passed over on both sides.
    ///
    /// - Parameters:
    ///   - source: "file billing.csv", "table billing.day".
    ///   - days: see `wholeDays`.
    ///   - limit: how many differences are kept.
    /// - Throws: `LedgerError` where a side is not in order; whatever the two throw.
    public init(
        ours: any LedgerReader, theirs: any LedgerReader, source: String, days: Range<Int32>,
        tolerance: LedgerTolerance,
        limit: Int = 1000
    ) throws {
        result = ReconciliationReport.ExternalComparison(
            source: source, toleranceNanos: String(tolerance.nanos), tolerancePercent: tolerance.percent, compared: 0,
            within: 0, differing: 0, missingThere: 0, missingHere: 0)
        var largest = LargestDifferences(limit: limit)
        var (left, right) = (OrderedEntries(ours, "results", days), OrderedEntries(theirs, source, days))
        var (our, their) = (try left.next(), try right.next())
        while let key = [our?.key, their?.key].compactMap({ $0 }).min() {
            let (oursHere, theirsHere) = (our?.key == key ? our?.nanos : nil, their?.key == key ? their?.nanos : nil)
            result.compared += 1
            if tolerance.allows(ours: oursHere ?? 0, theirs: theirsHere ?? 0) {
                result.within += 1
            } else {
                if theirsHere == nil {
                    result.missingThere += 1
                } else if oursHere == nil {
                    result.missingHere += 1
                } else {
                    result.differing += 1
                }
                largest.add(.init(key: key, ours: oursHere, theirs: theirsHere))
            }
            if oursHere != nil { our = try left.next() }
            if theirsHere != nil { their = try right.next() }
        }
        differences = largest.sorted.enumerated().map { Self.difference($0.element, $0.offset + 1, tolerance) }
    }

    /// The days that lie in a range of event time as a whole, in whatever zone the advertiser is.
    ///
    /// - Parameters:
    ///   - milliseconds: of Unix time.
    ///   - zones: the least and the greatest offset from UTC of any zone that days are counted in; by default those of all zones
    ///     there are, which leaves out a day at each end that is whole in UTC.
    public static func wholeDays(
        in milliseconds: Range<Int64>, zones: ClosedRange<Int64> = -43_200_000...50_400_000
    ) -> Range<Int32> {
        let day: Int64 = 86_400_000
        // A day D of a zone with offset o is D * day - o ..< (D + 1) * day - o.
        let first = Self.dividedUp(milliseconds.lowerBound.saturatingSum(zones.upperBound), day)
        let end = Self.dividedDown(milliseconds.upperBound.saturatingSum(zones.lowerBound), day)
        let (low, high) = (Int32(clamping: first), Int32(clamping: end))
        return low..<max(low, high)
    }

    private static func dividedDown(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 || a % b == 0 ? a / b : a / b - 1 }
    private static func dividedUp(_ a: Int64, _ b: Int64) -> Int64 { a <= 0 || a % b == 0 ? a / b : a / b + 1 }

    private static func difference(
        _ found: LargestDifferences.Found, _ number: Int, _ tolerance: LedgerTolerance
    ) -> ReconciliationReport.Difference {
        let off = Nanos(found.theirs ?? 0) - Nanos(found.ours ?? 0)
        let currency = found.key.currency.description
        func money(_ nanos: Int128) -> String { "\(Nanos(nanos).units()) \(currency)" }
        let amount = "\(Nanos(Int128(clamping: off.value.magnitude)).units()) \(currency)"
        let text: String
        switch (found.ours, found.theirs) {
        case (let ours?, nil): text = "The ledger has no such day; the results have \(money(ours))."
        case (nil, let theirs?): text = "The ledger has \(money(theirs)); the results have no such day."
        case (let ours, let theirs):
            text =
                "The ledger has \(money(theirs ?? 0)) where the results have \(money(ours ?? 0)): it is off by \(amount), "
                + (off.value > 0 ? "too much" : "too little") + "."
        }
        let allowed =
            tolerance == .zero
            ? "No difference is tolerated."
            : "Tolerated are \(Nanos(tolerance.nanos).units()) \(currency) or \(tolerance.percent) %."
        return ReconciliationReport.Difference(
            number: number, check: check, class: .externalLedger,
            key: [
                .init("day", found.key.date), .init("advertiser_id", String(found.key.advertiserID)),
                .init("campaign_id", String(found.key.campaignID)), .init("currency", currency),
            ],
            columns: [
                .init("amount_nanos", expected: found.ours.map { String($0) }, actual: found.theirs.map { String($0) })
            ],
            nanos: String(off.value), currency: currency, events: [], eventCount: 0,
            explanation: "\(text) \(allowed)")
    }
}

extension Int64 {
    fileprivate func saturatingSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

/// The entries of the days that are compared; that they are in order is seen to, because a merge of others would be wrong.
private struct OrderedEntries {
    private let reader: any LedgerReader
    private let source: String
    private let days: Range<Int32>
    private var last: LedgerKey?

    init(_ reader: any LedgerReader, _ source: String, _ days: Range<Int32>) {
        self.reader = reader
        self.source = source
        self.days = days
    }

    mutating func next() throws -> LedgerEntry? {
        while let entry = try reader.next() {
            if let last, entry.key <= last {
                throw LedgerError(
                    source: source,
                    "The days are not in order, or one comes twice: advertiser \(entry.key.advertiserID), campaign "
                        + "\(entry.key.campaignID), day \(entry.key.date), currency \(entry.key.currency).")
            }
            last = entry.key
            if days.contains(entry.key.day) { return entry }
        }
        return nil
    }
}

/// The largest of however many differences, in bounded memory.
private struct LargestDifferences {
    struct Found {
        var key: LedgerKey
        var ours: Int128?
        var theirs: Int128?
        var off: UInt128 { (Nanos(theirs ?? 0) - Nanos(ours ?? 0)).value.magnitude }
    }

    private let limit: Int
    private var found: [Found] = []

    init(limit: Int) { self.limit = max(limit, 0) }

    mutating func add(_ one: Found) {
        found.append(one)
        // Twice the limit is let in before it is sorted, so that each costs little.
        if found.count >= 2 * limit + 16 { found = sorted }
    }

    var sorted: [Found] {
        Array(found.sorted { $0.off == $1.off ? $0.key < $1.key : $0.off > $1.off }.prefix(limit))
    }
}
