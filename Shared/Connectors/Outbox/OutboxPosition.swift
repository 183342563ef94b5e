/// How far a lane is published, and by which message it can be told that the database is still the one it came from.
struct OutboxPosition: Equatable {
    var sequence: Int64
    /// When the message with this sequence was written, in milliseconds of Unix time; nil where that is not known, or
    /// the sequence has no message. After a failover that lost it the sequence is given again, at another time.
    var writtenAtMilliseconds: Int64?

    /// The header of a position's record that holds the time, as decimal text.
    static let writtenAtHeader = "written-at-ms"
}
