/// A record of the topic of events as a recount sees it. Where it does not decode, everything but its place is 0.
public struct RecountedEvent: Equatable, Sendable, BitwiseCopyable {
    public var offset: Int64 = 0
    /// The record's own timestamp in milliseconds of Unix time; -1 where it has none.
    public var timestamp: Int64 = 0
    var idHigh: UInt64 = 0
    var idLow: UInt64 = 0
    /// Milliseconds of Unix time.
    public var eventTime: Int64 = 0
    public var advertiser: Int64 = 0
    public var campaign: Int64 = 0
    public var adGroup: Int64 = 0
    public var ad: Int64 = 0
    public var priceMicros: Int64 = 0
    public var partition: Int32 = 0
    /// How many bytes the id had.
    var idLength: UInt32 = 0
    /// The numbers on the wire.
    public var type: Int32 = 0
    public var pricing: Int32 = 0
    /// Three letters, the first in the highest of three bytes; 0: no currency.
    var currency: UInt32 = 0
    public var placement: Int32 = 0
    public var invalidReason: Int32 = 0
    /// Two letters, the first in the upper byte; 0: none.
    var countryCode: UInt16 = 0
    /// Whether the payload was there and decodes.
    public var isDecoded = false

    public init() {}

    /// The 16 bytes in hexadecimal; empty where the id has another length.
    public var id: String { idLength == 16 ? RecountText.hexadecimal(idHigh) + RecountText.hexadecimal(idLow) : "" }

    public var typeName: String {
        switch type {
        case 1: "IMPRESSION"
        case 2: "CLICK"
        case 3: "CONVERSION"
        case 4: "VIDEO_VIEW"
        default: "unknown (\(type))"
        }
    }

    public var pricingName: String {
        switch pricing {
        case 1: "CPM"
        case 2: "CPC"
        case 3: "CPA"
        case 4: "CPV"
        default: "unknown (\(pricing))"
        }
    }

    /// Three letters; empty where the record has no currency.
    public var currencyText: String { RecountText.letters(currency, count: 3) }

    /// Two letters; empty where the record has none.
    public var country: String { RecountText.letters(UInt32(countryCode), count: 2) }

    /// The row of a level that the event counts in; nil for days, which need the advertiser's zone.
    public func key(_ level: SpendLevel) -> SpendRowKey? { level == .day ? nil : rowKey(level) }

    /// As `key`, for any level but days.
    @inline(__always)
    func rowKey(_ level: SpendLevel) -> SpendRowKey {
        var key = SpendRowKey(
            level: level, partition: partition, start: hourStart, campaign: campaign, advertiser: advertiser,
            currency: currency)
        switch level {
        case .day, .hour: break
        case .lifetime: key.start = 0
        case .minute: key.start = eventTime - eventTime % 60_000
        case .adHour:
            key.first = adGroup
            key.second = ad
        case .placementHour: key.first = Int64(placement)
        case .countryHour: key.first = Int64(countryCode)
        }
        return key
    }

    /// When the hour of its event time begins.
    public var hourStart: Int64 { eventTime - eventTime % 3_600_000 }

    /// What it adds to its rows if it counts.
    public func counts(isLate: Bool) -> SpendCounts {
        var counts = SpendCounts()
        guard invalidReason == 0 else {
            counts.invalidEvents = 1
            return counts
        }
        switch type {
        case 1: counts.impressions = 1
        case 2: counts.clicks = 1
        case 3: counts.conversions = 1
        default: counts.videoViews = 1
        }
        counts.lateEvents = isLate ? 1 : 0
        counts.spendNanos = Int128(chargeNanos ?? 0)
        return counts
    }

    /// What it costs its advertiser as valid traffic; nil where that does not fit 64 bits.
    var chargeNanos: Int64? {
        // Pricing model n charges the event of type n.
        guard type == pricing else { return 0 }
        if pricing == 1 { return priceMicros }
        let (nanos, overflow) = priceMicros.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : nanos
    }
}
