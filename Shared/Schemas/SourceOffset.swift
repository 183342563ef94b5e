/// Where in a topic's partition the records end that a figure was made of (`sluice.ads.v1.SourceOffset`).
public struct SourceOffset: Sendable, Hashable {
    public var topic: String
    public var partition: Int32
    /// The records before this offset are in the figure, and none from it on.
    public var nextOffset: Int64

    public init(topic: String = "", partition: Int32 = 0, nextOffset: Int64 = 0) {
        self.topic = topic
        self.partition = partition
        self.nextOffset = nextOffset
    }
}
