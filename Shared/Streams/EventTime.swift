/// A moment of event time: milliseconds of Unix time, UTC. It comes from the record, never from a clock.
@frozen
public struct EventTime: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let rawValue: Int64
    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
    @inlinable public init(milliseconds: Int64) { self.rawValue = milliseconds }
    @inlinable public var milliseconds: Int64 { rawValue }
    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var description: String { String(rawValue) }

    /// Before every event: the time of a log that nothing was read from yet.
    @inlinable public static var distantPast: EventTime { EventTime(rawValue: .min) }

    /// This moment less `milliseconds`, at the least `distantPast`.
    @inlinable public func minus(milliseconds: Int64) -> EventTime {
        let (value, overflow) = rawValue.subtractingReportingOverflow(milliseconds)
        return overflow ? .distantPast : EventTime(rawValue: value)
    }
}
