internal import FoundationEssentials

/// What is to be changed so that results say what the log says: each row that differs, at every level of events, as it is
/// and as it must be. Made to be read by somebody before it is applied; its hash says what was read.
///
/// A repair is a rebuild of single rows from the log. It is no adjustment: nothing in the real world is corrected.
public struct RepairPlan: Codable, Equatable, Sendable {
    public static let currentVersion = 1
    /// So many rows at most: beyond that a rewind, which rebuilds partitions, is the better way.
    public static let rowLimit = 200_000

    public var version = Self.currentVersion
    /// The schema of results.
    public var schema: String
    public var job: String
    public var topic: String
    /// Which records both sides spoke of.
    public var cut: [Place]
    /// The results' history when it was made: nothing but events may have changed them since.
    public var generation: Int64
    public var lastChange: Int64
    public var lastRepair: Int64
    /// When the results were read, milliseconds of Unix time, by the database's clock.
    public var readAt: Int64
    /// Ascending by level and key.
    public var rows: [Row]
    /// What differs and is not mended by this, a sentence each.
    public var leftOver: [String]

    public struct Place: Codable, Equatable, Sendable {
        public var partition: Int32
        public var nextOffset: Int64
    }

    public struct Row: Codable, Equatable, Sendable {
        /// `ad_hour`.
        public var level: String
        public var partition: Int32
        /// See `SpendRowKey`.
        public var start: Int64
        public var campaign: Int64
        public var advertiser: Int64
        public var currency: String
        public var first: Int64
        public var second: Int64
        /// As it is; nil: it is not there.
        public var before: Counts?
        /// By the log; nil: it must not be there.
        public var after: Counts?
    }

    public struct Counts: Codable, Equatable, Sendable {
        public var impressions: Int64
        public var clicks: Int64
        public var conversions: Int64
        public var videoViews: Int64
        public var invalidEvents: Int64
        public var lateEvents: Int64
        /// Decimal text.
        public var spendNanos: String
    }

    // MARK: Text

    /// Canonical JSON: keys sorted, one line.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Reads what `json()` wrote.
    ///
    /// - Throws: `ComparisonError` for text that is no plan, or one of another version.
    public init(json: String) throws {
        let plan: RepairPlan
        do {
            plan = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
        } catch is DecodingError {
            throw ComparisonError(
                "This is no repair plan, or it is damaged.", hint: "Make it again from a reconciliation.")
        }
        guard plan.version == Self.currentVersion else {
            throw ComparisonError(
                "The repair plan has version \(plan.version), this program reads version \(Self.currentVersion).",
                hint: "Make it again with this program.")
        }
        for row in plan.rows {
            guard row.isReadable else {
                throw ComparisonError(
                    "The repair plan is damaged: a row of \(row.level) has a level, a currency or an amount that is none.",
                    hint: "Make it again from a reconciliation.")
            }
        }
        self = plan
    }

    /// SHA-256 of `json()`, in hexadecimal.
    public func hash() throws -> String { SHA256.hexadecimal(of: Array(try json().utf8)) }
}

extension RepairPlan.Row {
    init(_ difference: RowDifference) {
        let key = difference.key
        self.init(
            level: key.spendLevel.name, partition: key.partition, start: key.start, campaign: key.campaign,
            advertiser: key.advertiser, currency: key.currencyText, first: key.first, second: key.second,
            before: difference.actual.map { RepairPlan.Counts($0) },
            after: difference.expected.map { RepairPlan.Counts($0) })
    }

    var spendLevel: SpendLevel? { SpendLevel.allCases.first { $0.name == level } }

    var key: SpendRowKey? {
        guard let spendLevel, currency.utf8.count == 3 else { return nil }
        return SpendRowKey(
            level: spendLevel, partition: partition, start: start, campaign: campaign, advertiser: advertiser,
            currency: currency.utf8.reduce(0) { $0 << 8 | UInt32($1) }, first: first, second: second)
    }

    fileprivate var isReadable: Bool {
        key != nil && (before != nil || after != nil) && (before == nil || before?.counts != nil)
            && (after == nil || after?.counts != nil)
    }

    /// What is added to the row.
    var delta: SpendCounts { (after?.counts ?? SpendCounts()) - (before?.counts ?? SpendCounts()) }
}

extension RepairPlan.Counts {
    init(_ counts: SpendCounts) {
        self.init(
            impressions: counts.impressions, clicks: counts.clicks, conversions: counts.conversions,
            videoViews: counts.videoViews, invalidEvents: counts.invalidEvents, lateEvents: counts.lateEvents,
            spendNanos: String(counts.spendNanos))
    }

    /// nil where the amount is no number.
    var counts: SpendCounts? {
        guard let nanos = Int128(spendNanos) else { return nil }
        var counts = SpendCounts()
        counts.impressions = impressions
        counts.clicks = clicks
        counts.conversions = conversions
        counts.videoViews = videoViews
        counts.invalidEvents = invalidEvents
        counts.lateEvents = lateEvents
        counts.spendNanos = nanos
        return counts
    }
}
