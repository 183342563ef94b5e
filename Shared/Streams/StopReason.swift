/// Why a partition is not processed any more, in words that name the topic, the partition, the offsets and what to
/// do next. Nothing of it is skipped: it stays where its progress row says until it is assigned again.
public struct StopReason: Equatable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The log begins after the offset to read next: records were removed before they were applied.
        case recordsGone = "records_gone"
        /// The log ends before the offset to read next.
        case logTruncated = "log_truncated"
        /// The record at the anchor's offset is another one than was applied.
        case logReplaced = "log_replaced"
        /// The log does not hold offsets that it should, because the job declares it contiguous.
        case offsetsMissing = "offsets_missing"
        /// Reading the remembered records again gave another stream time than was stored.
        case warmUpMismatch = "warm_up_mismatch"
        /// Another owner has claimed the partition.
        case fenced
        /// More ids to remember than the limit allows.
        case horizonLimit = "horizon_limit"
        /// The client reported an error for the partition.
        case sourceError = "source_error"
    }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { "\(code.rawValue): \(message)" }
}
