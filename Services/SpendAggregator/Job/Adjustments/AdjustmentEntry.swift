public import Schemas
public import Streams

/// A sound adjustment, and where in its partition it stands.
@frozen
public struct AdjustmentEntry: BitwiseCopyable, Hashable, Sendable {
    public var offset: Offset
    public var adjustment: SpendAdjustment

    @inlinable
    public init(offset: Offset = Offset(0), adjustment: SpendAdjustment = SpendAdjustment()) {
        self.offset = offset
        self.adjustment = adjustment
    }
}
