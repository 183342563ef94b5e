public import Streams

/// What the job guarantees from the source to the sink, in words, with the settings that matter filled in.
public enum SpendExplanation {
    /// Something that the guarantee rests on. Each has tests that carry its name.
    public struct Assumption: Sendable, Equatable {
        /// A short fixed name; the tests of the assumption are tagged with it.
        public let name: String
        public let text: String
    }

    /// What is read and published beside the events.
    public struct Beside: Sendable, Equatable {
        /// The topic of adjustments; nil where none are read.
        public var adjustments: String?
        /// The topic of budgets; nil where none are read.
        public var budgets: String?
        /// The topic that signals are published to; nil where there are no budgets.
        public var signals: String?
        /// How long minutes are kept, in milliseconds; 0: for ever.
        public var minuteRetentionMilliseconds: Int64

        public init(
            adjustments: String? = nil, budgets: String? = nil, signals: String? = nil,
            minuteRetentionMilliseconds: Int64 = 0
        ) {
            self.adjustments = adjustments
            self.budgets = budgets
            self.signals = signals
            self.minuteRetentionMilliseconds = minuteRetentionMilliseconds
        }
    }

    /// All of it, as `spend-aggregator explain` prints it.
    public static func text(of job: StreamJob<SpendLogic>, beside: Beside = Beside()) -> String {
        let assumptions = assumptions(of: job, beside: beside).enumerated().map { index, assumption in
            wrap("\(index + 1). \(assumption.name): \(assumption.text)", indent: "     ", first: "  ")
        }
        return """
            Job \(job.name)

            \(ways(of: job, beside: beside).joined(separator: "\n\n"))

            Guarantee
            \(guarantees(beside).map { wrap($0, indent: "  ", first: "  ") }.joined(separator: "\n"))

            Assumptions
            \(assumptions.joined(separator: "\n"))

            Not guaranteed
            \(exclusions(beside).map { wrap("- " + $0, indent: "    ", first: "  ") }.joined(separator: "\n"))
            """
    }

    /// What the guarantee rests on.
    public static func assumptions(of job: StreamJob<SpendLogic>, beside: Beside = Beside()) -> [Assumption] {
        eventAssumptions(of: job) + levelAssumptions(beside)
            + (beside.adjustments == nil ? [] : adjustmentAssumptions)
            + (beside.budgets == nil ? [] : budgetAssumptions(of: job, beside))
    }

    private static func eventAssumptions(of job: StreamJob<SpendLogic>) -> [Assumption] {
        let horizon = seconds(job.settings.horizonMilliseconds)
        return [
            Assumption(
                name: "one-database",
                text: """
                    Results and progress live in the same PostgreSQL database with fsync and synchronous_commit on. \
                    After a failover that loses commits both regress together and are made up from the log, in each \
                    partition with its next record or the next start of its process: an owner looks at its row when it \
                    commits.
                    """),
            Assumption(
                name: "fence",
                text: """
                    A commit must find the epoch of its claim and the offset it started from, or nothing of it becomes \
                    visible. It does not matter what Kafka's group believes about the owner.
                    """),
            Assumption(
                name: "horizon",
                text: """
                    A repeated event is recognised when its id was last seen at most \(horizon) before, by the log's \
                    own time, in the same partition. Later repeats count again; reconciliation finds them.
                    """),
            Assumption(
                name: "partitioning",
                text: """
                    A producer's retry goes to the partition of the first send (key campaign_id, fixed number of \
                    partitions). When the topic grows, repeats across the change may land elsewhere and count again.
                    """),
            Assumption(
                name: "retention",
                text: """
                    The topic keeps records longer than the job may be behind, and longer than the horizon. Records \
                    removed before they were applied stop the partition with an error that names them, until an operator \
                    accepts the gap (sluice progress set); an incomplete horizon is logged and counted.
                    """),
            Assumption(
                name: "same-log",
                text: """
                    The last applied record is compared with the log at each assignment, after each lost connection \
                    and after each error of the partition. A truncated or recreated topic stops the partition, until an \
                    operator goes on with it (sluice progress set); what was applied before stays in the results. Where \
                    retention has removed that record only the offsets can be checked; this is logged and counted. A \
                    topic that is deleted and made again under a running job without either of these signs, and that \
                    is longer than before, is not noticed.
                    """),
            Assumption(
                name: "visible-gaps",
                text: """
                    Offsets that the log does not hold \(job.settings.isContiguous
                        ? "stop the partition: the topic is declared contiguous."
                        : "are counted and logged with their bounds.") Whether a gap is a \
                    transaction marker, compaction or a loss inside the log cannot be told through librdkafka.
                    """),
            Assumption(
                name: "create-time",
                text: """
                    The record's timestamp bounds what one wrong event time can do: the log's own time follows the \
                    smaller of both. The watermark is \(seconds(job.settings.outOfOrdernessMilliseconds)) behind it.
                    """),
        ]
    }

    static func seconds(_ milliseconds: Int64) -> String {
        milliseconds % 60_000 == 0 && milliseconds > 0
            ? milliseconds % 86_400_000 == 0
                ? "\(milliseconds / 86_400_000) d" : "\(milliseconds / 60_000) min"
            : milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms"
    }

    private static func wrap(_ text: String, indent: String, first: String, width: Int = 110) -> String {
        var lines: [String] = []
        var line = first
        var isStart = true
        for word in text.split(separator: " ") {
            if !isStart && line.count + 1 + word.count > width {
                lines.append(line)
                line = indent
                isStart = true
            }
            line += (isStart ? "" : " ") + word
            isStart = false
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
