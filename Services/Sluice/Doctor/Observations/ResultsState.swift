/// What the job keeps beside its results.
struct ResultsState: Sendable, Equatable {
    var progress: [ProgressSight] = []
    var deadLetters: [DeadLetterState] = []
    var reconciliations: [ReconciliationState] = []
    var lanes: [LaneState] = []
    /// What of it could not be read.
    var failures: [String] = []
}

/// A progress row.
struct ProgressSight: Sendable, Equatable {
    var topic: String
    var partition: Int64
    var epoch: Int64
    var nextOffset: Int64?
    /// Unix milliseconds.
    var streamTime: Int64?
    var owner: String
    var records: Int64
    var duplicates: Int64
    var lateEvents: Int64
    var deadLetters: Int64
    /// Since its last change, in milliseconds.
    var age: Int64

    var place: String { "\(topic)/\(partition)" }
    /// Instance and process of the owner: `pod-1/4711/…`.
    var ownerParts: (instance: String, pid: Int32?) {
        let parts = owner.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return (owner, nil) }
        return (parts.dropLast(2).joined(separator: "/"), Int32(parts[parts.count - 2]))
    }
}

/// Dead letters of the last ten minutes that were not sent again, of one topic and reason.
struct DeadLetterState: Sendable, Equatable {
    var topic: String
    var reason: String
    var count: Int64
    /// One of them, `partition:offset`.
    var sample: String
}

/// The last comparison of a range.
struct ReconciliationState: Sendable, Equatable {
    var id: Int64
    var kind: String
    var verdict: String
    var differences: Int64
    var reportID: String
    var obstacle: String?
    var age: Int64
}

/// Outgoing messages of one lane.
struct LaneState: Sendable, Equatable {
    var output: String
    var lane: Int64
    var last: Int64
    var position: Int64
    /// Since the position was noted, in milliseconds; nil where it never was.
    var age: Int64?
}
