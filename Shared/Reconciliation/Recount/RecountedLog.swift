/// What the contract makes of one partition of a log, up to an offset.
public struct RecountedPartition: Equatable, Sendable, Codable {
    public var partition: Int32
    /// Where the recount began, and the first offset that is not in it.
    public var start: Int64
    public var next: Int64
    /// S(next - 1); nil before the first record that is no dead letter.
    public var streamTime: Int64?
    public var records: Int64 = 0
    public var duplicates: Int64 = 0
    public var late: Int64 = 0
    public var invalid: Int64 = 0
    public var deadLetters: Int64 = 0
    /// Offsets at which the log holds no record, and the first of them as ranges (first, last).
    public var skipped: Int64 = 0
    public var holes: [[Int64]] = []
    /// A hash of every record's offset, timestamp, key and payload, in order; not cryptographic.
    public var contentHash: UInt64 = 0

    public init(partition: Int32, start: Int64) {
        self.partition = partition
        self.start = start
        next = start
    }
}

/// A dead letter as the contract judges it.
public struct RecountedLetter: Equatable, Comparable, Sendable, BitwiseCopyable {
    public var partition: Int32
    public var offset: Int64
    public var fault: RecountFault
    public init(partition: Int32, offset: Int64, fault: RecountFault) {
        self.partition = partition
        self.offset = offset
        self.fault = fault
    }
    public static func < (a: Self, b: Self) -> Bool { (a.partition, a.offset) < (b.partition, b.offset) }
}

/// The contract's reasons for dead letters. The raw values are part of the files of a recount.
public enum RecountFault: UInt32, Sendable, CaseIterable, BitwiseCopyable {
    case emptyPayload = 1
    case undecodable, eventID, eventType, pricingModel, price, currency, eventTime, overflow

    /// The contract's code: `event_id`.
    public var code: String {
        switch self {
        case .emptyPayload: "empty_payload"
        case .undecodable: "undecodable"
        case .eventID: "event_id"
        case .eventType: "event_type"
        case .pricingModel: "pricing_model"
        case .price: "price"
        case .currency: "currency"
        case .eventTime: "event_time"
        case .overflow: "overflow"
        }
    }
}

/// An event that came again after the deduplication had forgotten it, or in another partition: counted by contract, and
/// nevertheless something that finance wants to know.
public struct RecountedRepeat: Equatable, Sendable {
    public enum Kind: String, Sendable, Codable {
        case beyondHorizon = "duplicate_beyond_horizon", acrossPartitions = "duplicate_across_partitions"
    }
    public var kind: Kind
    /// The copy that counted again.
    public var partition: Int32
    public var offset: Int64
    /// The copy before it.
    public var earlierPartition: Int32
    public var earlierOffset: Int64
    /// S between the two, in milliseconds; 0 across partitions.
    public var gapMilliseconds: Int64
    /// The event's row of the level minute; what it added. Across partitions only the first few are looked up.
    public var row: SpendRowKey?
    public var counts: SpendCounts?
    public init(
        kind: Kind, partition: Int32, offset: Int64, earlierPartition: Int32, earlierOffset: Int64,
        gapMilliseconds: Int64, row: SpendRowKey?, counts: SpendCounts?
    ) {
        self.kind = kind
        self.partition = partition
        self.offset = offset
        self.earlierPartition = earlierPartition
        self.earlierOffset = earlierOffset
        self.gapMilliseconds = gapMilliseconds
        self.row = row
        self.counts = counts
    }
}

/// What one record came to, for whoever looks at single events.
public enum EventVerdict: Equatable, Sendable {
    case counted(isLate: Bool)
    case invalid
    /// Removed: an earlier copy stands at `of`, `gapMilliseconds` of S before.
    case duplicate(of: Int64, gapMilliseconds: Int64)
    /// Counted, although a copy stands at `of`: the horizon was over.
    case countedAgain(of: Int64, gapMilliseconds: Int64, isLate: Bool)
    case deadLetter(RecountFault)
}

/// The arithmetic's settings: those of the job.
public struct RecountSettings: Equatable, Sendable, Codable {
    public var horizonMilliseconds: Int64 = 600_000
    public var outOfOrdernessMilliseconds: Int64 = 30_000
    /// How far back (in S) ids are remembered to find repeats beyond the horizon; nil: all of them, from the first record on.
    public var lookBackMilliseconds: Int64?
    public init() {}
}
