import Streams

/// Why a record is not in its log any more.
enum RecordEnd: Equatable {
    case retention, compaction, truncation, recreation, replacement
    /// Its transaction was aborted: no reader ever sees it.
    case aborted

    /// Whether another log took the place of the one that the record was in.
    var isAnotherLog: Bool { self == .truncation || self == .recreation || self == .replacement }
}

/// A record that ever stood in the log, and how long. The auditor knows each by its number.
struct RecordLife {
    var partition: Int
    var entry: SimulatedLog.Entry
    /// What a decoder other than the job's makes of it.
    var judged: JudgedRecord
    /// Numbers of the log's changes, which order births and ends.
    var born: Int
    var ended = Int.max
    var end: RecordEnd?
    var isAlive: Bool { end == nil }
}
