/// One billing event of an ad (`sluice.ads.v1.AdEvent`) as the hot path sees it: plain numbers, no allocation,
/// 104 bytes. A field that was not sent is 0, as proto3 has it.
///
/// Nothing here says that the event is chargeable: that is judged by the rules in proto/sluice/ads/v1/README.md.
@frozen
public struct AdEvent: BitwiseCopyable, Sendable, Hashable {
    /// Bytes 0 to 7 of `event_id`, the first byte the most significant, so that the hexadecimal digits of `idHigh`
    /// followed by those of `idLow` read as the bytes were sent. 0 unless `idLength` is 16.
    public var idHigh: UInt64
    /// Bytes 8 to 15 of `event_id`, the first of them the most significant. 0 unless `idLength` is 16.
    public var idLow: UInt64
    /// Unix time in milliseconds, UTC.
    public var eventTimeMilliseconds: Int64
    public var advertiserID: Int64
    public var campaignID: Int64
    public var adGroupID: Int64
    public var adID: Int64
    /// The price of one unit of the pricing model (CPM: of a thousand impressions), in millionths of the currency.
    public var priceMicros: Int64
    public var userHash: UInt64
    /// How many bytes `event_id` had as it was sent. Only 16 is a valid id.
    public var idLength: Int32
    /// The raw number of the event's type; see `eventType`.
    public var type: Int32
    /// The raw number of the pricing model; see `pricingModel`.
    public var pricing: Int32
    public var currency: CurrencyCode
    public var placement: Int32
    /// 0: valid. Anything else: invalid traffic, counted and never charged.
    public var invalidReason: Int32
    /// ISO 3166-1 alpha-2, two of A to Z, the first letter in the upper byte; 0 for anything else.
    public var country: UInt16

    @inlinable
    public init(
        idHigh: UInt64 = 0, idLow: UInt64 = 0, idLength: Int32 = 0,
        eventTimeMilliseconds: Int64 = 0,
        advertiserID: Int64 = 0, campaignID: Int64 = 0, adGroupID: Int64 = 0, adID: Int64 = 0,
        type: Int32 = 0, pricing: Int32 = 0, priceMicros: Int64 = 0, currency: CurrencyCode = .none,
        placement: Int32 = 0, country: UInt16 = 0, userHash: UInt64 = 0, invalidReason: Int32 = 0
    ) {
        self.idHigh = idHigh
        self.idLow = idLow
        self.eventTimeMilliseconds = eventTimeMilliseconds
        self.advertiserID = advertiserID
        self.campaignID = campaignID
        self.adGroupID = adGroupID
        self.adID = adID
        self.priceMicros = priceMicros
        self.userHash = userHash
        self.idLength = idLength
        self.type = type
        self.pricing = pricing
        self.currency = currency
        self.placement = placement
        self.invalidReason = invalidReason
        self.country = country
    }

    /// What happened to the ad; nil where the number is one that this schema does not know.
    @inlinable public var eventType: EventType? { EventType(rawValue: type) }

    /// Which event is charged; nil where the number is one that this schema does not know.
    @inlinable public var pricingModel: PricingModel? { PricingModel(rawValue: pricing) }
}
