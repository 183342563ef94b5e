/// What became of an event, for the counters.
@frozen
public struct AppliedEvent: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Its window had ended before it came.
    @inlinable public static var late: AppliedEvent { AppliedEvent(rawValue: 1) }
    /// It is invalid traffic: counted, never charged.
    @inlinable public static var invalid: AppliedEvent { AppliedEvent(rawValue: 2) }
}
