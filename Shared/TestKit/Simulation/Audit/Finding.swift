/// Something that must not be, at the moment in which it could first be seen.
public struct Finding: Equatable, Sendable, CustomStringConvertible {
    /// The rules that an auditor holds a world to.
    public enum Rule: String, CaseIterable, Sendable {
        /// Results, dead letters, counters or stream time are not those of the records before `next_offset`.
        case results
        /// A checkpoint begins elsewhere than the one before ended.
        case continuity
        /// A commit under another epoch than the one that was claimed last.
        case staleOwner = "stale-owner"
        /// An epoch did not rise, or a claim was told an older progress than the row held.
        case claim
        /// Stream time or a mark of it went back.
        case time
        /// Something became visible without its progress.
        case oneCut = "one-cut"
        /// Records of another log were applied onto those of the log before it.
        case anotherLog = "another-log"
        /// Records that were removed were passed over in silence.
        case skipped
        /// A partition stands still for a reason that is not so, or that does not say where.
        case stopReason = "stop-reason"
        /// A revoke was acknowledged with work that could have been committed.
        case revoke
        /// Lag tools were told more than is committed.
        case mirror
        case memory
        /// Not everything was applied after the faults had ended.
        case stuck
    }

    public var rule: Rule
    /// Milliseconds after the world began.
    public var moment: Int64
    public var message: String
    public var description: String { "\(rule.rawValue) at \(moment) ms: \(message)" }
}
