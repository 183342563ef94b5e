/// A place in the log from which remembered ids can be read again: every record before `offset` has a stream time
/// of at most `streamTime`.
public struct HorizonMark: Equatable, Sendable {
    public var offset: Offset
    /// S just before `offset`; `distantPast` at the first record that was ever read.
    public var streamTime: EventTime
    public init(offset: Offset, streamTime: EventTime) {
        self.offset = offset
        self.streamTime = streamTime
    }
}
