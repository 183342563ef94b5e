/// An adjustment by the contract.
public struct RecountedAdjustment: Equatable, Sendable {
    /// 16 bytes.
    public struct ID: Hashable, Comparable, Sendable {
        public var high: UInt64
        public var low: UInt64
        public init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }
        /// 32 digits.
        public var text: String { RecountText.hexadecimal(high) + RecountText.hexadecimal(low) }
        public static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }
    }
    public var id: ID
    /// Milliseconds of Unix time.
    public var eventTime: Int64
    public var advertiser: Int64
    public var campaign: Int64
    public var adGroup: Int64
    public var ad: Int64
    public var amountNanos: Int64
    public var currency: String
    public var reason: String
    public var reference: String
    public var partition: Int32
    public var offset: Int64

    public init(
        id: ID, eventTime: Int64, advertiser: Int64, campaign: Int64, adGroup: Int64, ad: Int64, amountNanos: Int64,
        currency: String, reason: String, reference: String, partition: Int32, offset: Int64
    ) {
        self.id = id
        self.eventTime = eventTime
        self.advertiser = advertiser
        self.campaign = campaign
        self.adGroup = adGroup
        self.ad = ad
        self.amountNanos = amountNanos
        self.currency = currency
        self.reason = reason
        self.reference = reference
        self.partition = partition
        self.offset = offset
    }

    /// Whether it says the same, whatever its place in the log.
    public func saysTheSame(as other: Self) -> Bool {
        var moved = other
        moved.partition = partition
        moved.offset = offset
        return self == moved
    }
}
