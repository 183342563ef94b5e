/// How far a partition's event time is complete: no event before it is expected any more, or nothing is known
/// because the partition has been silent. An idle partition never holds the others back.
public enum Watermark: Equatable, Sendable {
    case idle
    case at(EventTime)

    /// The watermark of several partitions together: the smallest of those that are not idle; idle where all are.
    /// It serves telemetry and finality only: results are judged by each partition's own watermark.
    public static func combined(_ watermarks: some Sequence<Watermark>) -> Watermark {
        var result = Watermark.idle
        for case .at(let time) in watermarks {
            if case .at(let least) = result, least <= time { continue }
            result = .at(time)
        }
        return result
    }
}
