/// What happened to the ad, as `sluice.ads.v1.EventType` numbers it.
///
/// The enum on the wire is open: an `AdEvent` carries the raw number, and a number without a case here is
/// unknown, which makes the record a dead letter.
@frozen
public enum EventType: Int32, CaseIterable, Sendable, BitwiseCopyable {
    case unspecified = 0
    case impression = 1
    case click = 2
    case conversion = 3
    case videoView = 4
}
