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
