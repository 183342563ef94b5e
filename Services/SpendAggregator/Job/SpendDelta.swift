/// What a checkpoint adds to one row. Counts fit 32 bits because a checkpoint holds far fewer records; spend does
/// not overflow: 2^32 charges of the highest price are below 2^127.
@frozen
public struct SpendDelta: BitwiseCopyable, Equatable, Sendable {
    public var impressions: UInt32 = 0
    public var clicks: UInt32 = 0
    public var conversions: UInt32 = 0
    public var videoViews: UInt32 = 0
    public var invalidEvents: UInt32 = 0
    public var lateEvents: UInt32 = 0
    public var spendNanos: Int128 = 0
    @inlinable public init() {}
}
