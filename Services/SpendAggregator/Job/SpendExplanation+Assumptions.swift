import Streams

extension SpendExplanation {
    static func levelAssumptions(_ beside: Beside) -> [Assumption] {
        let kept =
            beside.minuteRetentionMilliseconds == 0
            ? "Minutes are kept until somebody drops them."
            : "Minutes are dropped after \(seconds(beside.minuteRetentionMilliseconds))."
        return [
            Assumption(
                name: "one-snapshot",
                text: """
                    Levels are compared as of one snapshot: in one statement, or in one REPEATABLE READ transaction. \(kept) \
                    Hours and days without all of their minutes are not compared with minutes; an event that comes for a \
                    dropped minute goes to the levels above and to spend.beyond_retention.
                    """),
            Assumption(
                name: "time-zones",
                text: """
                    PostgreSQL's time zone database says where days begin. Days that have results keep their bounds: an \
                    advertiser's zone changes for later days alone (spend.set_zone). A time zone database that changes the \
                    past cuts late events of old days otherwise; spend.advertiser_zone.rules tells.
                    """),
            Assumption(
                name: "finality",
                text: """
                    The watermark is the lowest of the events' partitions. One that has stood at the end of its log for 30 s \
                    is idle and holds nobody back: what it brings later for a closed window corrects it. One that is \
                    stopped, or that nobody owns, or whose log ends in a transaction's marker, holds finality back.
                    """),
        ]
    }

    static var adjustmentAssumptions: [Assumption] {
        [
            Assumption(
                name: "adjustment-id",
                text: """
                    Whoever adjusts gives each adjustment an id of its own, and repeats that id when it sends again. An id that \
                    comes with other contents changes nothing; it is counted as a conflict and alarmed.
                    """)
        ]
    }

    static func budgetAssumptions(of job: StreamJob<SpendLogic>, _ beside: Beside) -> [Assumption] {
        let signals = beside.signals ?? "the signals' topic"
        return [
            Assumption(
                name: "budget-version",
                text: """
                    Whoever changes a budget raises its version and writes it under the campaign's id as the key. A lower \
                    version that comes later is not used; two changes with one version count in the order of the log.
                    """),
            Assumption(
                name: "partitioned-alike",
                text: """
                    A campaign is in the same partition of all topics, so that one process reads its events, adjustments and \
                    budget. Where it is not, signals are right all the same, because all decisions about a campaign wait \
                    for its row; but one may come with the next checkpoint (\(job.pace.checkpointIntervalMilliseconds) ms) \
                    and not \(job.pace.urgentCheckpointIntervalMilliseconds) ms after its event.
                    """),
            Assumption(
                name: "clock",
                text: """
                    The clocks of the processes and of PostgreSQL agree to a second or so. A campaign's day begins when the \
                    first of the processes' clocks has reached its midnight, once. Charges go to the day of their event \
                    time, whatever a clock says: a clock that is ahead compares with the new day's budget too early, and \
                    changes no figure.
                    """),
            Assumption(
                name: "one-relay-id",
                text: """
                    Every process that works on these schemas has the job's name, and with it the transactional id \
                    \(job.name)-\(signalsOutput), which nobody else on this Kafka uses: a relay that takes over fences the \
                    one before. Installations apart need job names apart. PostgreSQL's lock keeps relays from taking turns \
                    all the time; nothing rests on it.
                    """),
            Assumption(
                name: "positions-topic",
                text: """
                    \(signals)-positions is compacted and belongs to the relay. Where it lost something, or says more than \
                    the database knows, as after a failover that lost commits, the relay stops until an operator decides; \
                    what was published cannot be taken back.
                    """),
        ]
    }

    /// What the lanes are numbered under.
    private static var signalsOutput: String { SignalTable.output }

    static func exclusions(_ beside: Beside) -> [String] {
        var list = [
            "An event that the producer never wrote to the topic, or wrote with another id, is not seen or counts twice.",
            "The offsets committed to the consumer group are for lag tools; nothing rests on them.",
            "The order in which rows of different partitions become visible.",
            "A dead letter is not charged until it is sent again; it then counts at its new offset.",
            "Spend is what was charged. What has been served and may still be charged is not predicted.",
            """
            While a process of the version before is at work, ads, placements and countries of what it charges are not \
            known: they are 0 and empty.
            """,
        ]
        if beside.adjustments != nil {
            list.append("An adjustment of another advertiser's campaign is not refused: it counts where it says.")
        }
        guard beside.budgets != nil else { return list }
        return list + [
            """
            How soon a signal comes: where spend is changed by another process, or the checkpoint waits for the database, it \
            comes with a later checkpoint. A threshold that is passed both ways between two checkpoints is not signalled.
            """,
            """
            A reset for each day: days that passed while no process was running have none; the day that runs when one \
            starts again has its own.
            """,
            """
            Signals after a rewind of events or adjustments: thresholds are signalled again as spend falls to nothing and \
            comes back (fell below, crossed); after one of budgets those that are reached are crossed again.
            """,
            """
            The order of a campaign's signals where its budget was deleted and comes again in another partition, or where \
            \(beside.signals ?? "the signals' topic") was given other partitions: then the order holds within each.
            """,
            """
            After a failover that lost commits: a signal that was published may be decided again, under a new number. \
            Where new signals take the lost ones' numbers before the relay looks, within about 2 s, those are not \
            published and nothing tells: compare spend.signal with the topic after each such failover.
            """,
            """
            That \(beside.budgets ?? "the budgets' topic") is the same log where compaction has removed the last applied \
            record and the \([Anchor].maximumOlder) older ones that are remembered: the newest that is left is compared, \
            and without any only offsets are checked. What a budget was before its last record is not in the topic any \
            more.
            """,
        ]
    }
}
