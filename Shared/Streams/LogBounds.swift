/// Where a partition's log begins and ends: `start` is the first offset that can be read, `end` the offset that
/// the next record will get.
public struct LogBounds: Equatable, Sendable {
    public var start: Offset
    public var end: Offset
    public init(start: Offset, end: Offset) {
        self.start = start
        self.end = end
    }
}
