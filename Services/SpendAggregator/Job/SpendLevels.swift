/// Levels finer than the campaign that a job keeps besides the campaign's own: all of them in the service; benchmarks leave
/// some out to see what each costs.
@frozen
public struct SpendLevels: OptionSet, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var ads: SpendLevels { SpendLevels(rawValue: 1) }
    @inlinable public static var placements: SpendLevels { SpendLevels(rawValue: 2) }
    @inlinable public static var countries: SpendLevels { SpendLevels(rawValue: 4) }
    @inlinable public static var all: SpendLevels { [.ads, .placements, .countries] }
}
