/// What can go wrong in a simulated world. Each kind is counted when it took effect, not when it was asked for.
public enum FaultKind: String, CaseIterable, Sendable {
    // Processes
    /// SIGKILL at any moment.
    case processKilled = "process-killed"
    /// SIGKILL just before or after a named step of the worker's life.
    case killedAtStep = "killed-at-step"
    /// SIGSTOP, and SIGCONT before the session has expired.
    case processStopped = "process-stopped"
    /// SIGSTOP at a named step of the worker's life.
    case stoppedAtStep = "stopped-at-step"
    /// SIGSTOP for longer than the session: it wakes when its partitions belong to others.
    case zombie
    /// A second process under the same instance id, while the first one lives.
    case twinStarted = "twin-started"
    /// SIGTERM, drain, start again.
    case upgraded
    /// A drain that its limit ends before the last commit is known.
    case drainCutShort = "drain-cut-short"
    case scaledUp = "scaled-up"
    case scaledDown = "scaled-down"

    // Group
    /// A member's heartbeats do not arrive until its session has expired; the member works on.
    case heartbeatsLost = "heartbeats-lost"
    /// The group is asked to rebalance without a reason.
    case rebalanced
    /// A member hears late that its partitions are to be given up.
    case revokeLate = "revoke-late"

    // Log
    case brokerUnreachable = "broker-unreachable"
    case connectionReset = "connection-reset"
    /// Records from before a seek, a pause or a revoke are handed out.
    case staleRecords = "stale-records"
    case seekFailed = "seek-failed"
    case shortReads = "short-reads"
    case fetchSlow = "fetch-slow"
    /// Bounds and single records cannot be asked for.
    case boundsUnavailable = "bounds-unavailable"
    /// The client reports that it cannot go on with a partition.
    case partitionFailed = "partition-failed"
    /// Records that were applied are removed.
    case retention
    /// Records that were not applied yet are removed.
    case retentionOvertakes = "retention-overtakes"
    case compaction
    /// An unclean election: the log loses its end and is written on from there.
    case truncation
    case topicRecreated = "topic-recreated"
    case recordReplaced = "record-replaced"
    case transactionAborted = "transaction-aborted"
    /// A transaction stays open: nothing behind its first record can be read.
    case transactionHangs = "transaction-hangs"
    case partitionsAdded = "partitions-added"

    // Producers
    case repeatsSent = "repeats-sent"
    case lateSent = "late-sent"
    case damagedSent = "damaged-sent"
    case clockJumped = "clock-jumped"
    case timestampsAbsent = "timestamps-absent"
    case partitionIdle = "partition-idle"
    case partitionHot = "partition-hot"

    // Database
    case serializationFailure = "serialization-failure"
    /// Another session holds a progress row.
    case rowLocked = "row-locked"
    case droppedBefore = "dropped-before"
    case droppedInside = "dropped-inside"
    /// The transaction is committed, the reply is lost.
    case commitReplyLost = "commit-reply-lost"
    /// The connection is lost while COMMIT is on its way: the transaction lands later.
    case ghostCommit = "ghost-commit"
    case failover
    case serverDown = "server-down"
    case commitSlow = "commit-slow"
    /// The server refuses what is written, for good.
    case writeRejected = "write-rejected"
    case connectionsExhausted = "connections-exhausted"

    // People
    /// An operator moves a partition that is being worked on.
    case operatorMoved = "operator-moved"
    /// An operator takes back a partition's results and lets it be applied again.
    case operatorRewound = "operator-rewound"

    /// Its place in tables of counters.
    var place: Int { Self.places[self] ?? 0 }
    private static let places = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}
