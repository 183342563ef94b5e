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

/// The log's own time, S(n): the largest min(event time, record timestamp) over the records of a partition up to
/// and including n that are not dead letters. It never goes back and depends on the log alone.
///
/// The record's own timestamp bounds what one event with a wrong clock can do to everybody's lateness and
/// deduplication; a record without a timestamp counts with its event time.
public enum StreamTime {
    /// What one record contributes: min(event time, record timestamp), where -1 stands for no timestamp.
    @inlinable
    public static func contribution(eventTimeMilliseconds: Int64, recordTimestampMilliseconds: Int64) -> Int64 {
        recordTimestampMilliseconds < 0
            ? eventTimeMilliseconds : min(eventTimeMilliseconds, recordTimestampMilliseconds)
    }
}

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
