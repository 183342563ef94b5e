/// Windows of one size that follow each other without a gap, aligned to the Unix epoch.
@frozen
public struct TumblingWindows: Sendable, BitwiseCopyable {
    /// The length of a window in milliseconds, above 0.
    public let sizeMilliseconds: Int64

    @inlinable public init(sizeMilliseconds: Int64) {
        precondition(sizeMilliseconds > 0, "a window has a length")
        self.sizeMilliseconds = sizeMilliseconds
    }

    /// The number of the window that a moment lies in: 0 begins at the Unix epoch.
    @inlinable public func index(of time: EventTime) -> Int64 {
        let (quotient, remainder) = time.rawValue.quotientAndRemainder(dividingBy: sizeMilliseconds)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Where window `index` begins.
    @inlinable public func start(ofIndex index: Int64) -> EventTime { EventTime(rawValue: index * sizeMilliseconds) }

    /// Whether window `index` had ended at or before the watermark: an event for it is late. It still corrects its
    /// window; lateness is counted, never dropped.
    @inlinable public func isLate(index: Int64, watermark: EventTime) -> Bool {
        (index &+ 1) * sizeMilliseconds <= watermark.rawValue
    }
}
