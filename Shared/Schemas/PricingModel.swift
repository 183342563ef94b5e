/// Which event is charged, as `sluice.ads.v1.PricingModel` numbers it.
///
/// The enum on the wire is open: an `AdEvent` carries the raw number, and a number without a case here is
/// unknown, which makes the record a dead letter.
@frozen
public enum PricingModel: Int32, CaseIterable, Sendable, BitwiseCopyable {
    case unspecified = 0
    /// The price is that of a thousand impressions.
    case cpm = 1
    /// The price is that of one click.
    case cpc = 2
    /// The price is that of one conversion.
    case cpa = 3
    /// The price is that of one view of a video.
    case cpv = 4
}
