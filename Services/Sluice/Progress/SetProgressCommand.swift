import ArgumentParser
import Connectors
import Glibc
import Kafka
import Postgres
import Streams

/// `sluice progress set`: moves a partition on purpose.
struct SetProgressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Moves a partition on purpose: over a gap, into another log, or back to the beginning.",
        discussion: """
            Changes results that others rely on: agree on it first. What would happen is shown, and asked about on a \
            terminal; --dry-run only shows it. The change is one transaction and is recorded with its reason (sluice \
            progress history). It raises the partition's epoch: a process that owns the partition cannot commit what \
            it has read so far.

            Stop the process first, or start it again afterwards. One that goes on running learns of the change only \
            when its next commit is refused, which on a quiet partition is not before the next record; then it goes \
            on at the new place by itself after twice its session timeout. On a busy partition the next offset moves \
            with each commit, and the command is refused because the partition has moved since it was shown.

            --accept-gap-to: the records before the offset that were not applied are given up for good. Results stay.
            --accept-truncation-at: the log was cut off at the offset; what was applied behind it stays in the \
            results, what was written there since is applied. Refused where the log is the one that was read.
            --new-log-from: the topic was made again; results of the old one stay, ids of the old one are forgotten. \
            Refused where the log is the one that was read.
            --forget-ids: goes on at the same offset; repeats of earlier events count again. Refused where the log is \
            another one, or does not reach the offset.
            --rewind: removes what came of the partition, dead letters included, so that it is applied again from the \
            first record on. Refused where the log does not hold everything that was applied. Dead letters that were \
            sent again come back marked as such; under rules that accept them now they may be charged twice.
            """)

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var job: JobOptions
    @Option(help: "The topic. [SLUICE_KAFKA_TOPIC]")
    var topic: String?
    @Option(help: "The partition.")
    var partition: Int32
    @Option(help: "Give up the records before this offset.")
    var acceptGapTo: Int64?
    @Option(help: "Go on at this offset, where the log was cut off.")
    var acceptTruncationAt: Int64?
    @Option(help: "Go on at this offset of a topic that was made again.")
    var newLogFrom: Int64?
    @Flag(help: "Go on at the next offset without the remembered ids.")
    var forgetIds = false
    @Flag(help: "Remove what came of the partition and apply it again.")
    var rewind = false
    @Option(help: "Why; recorded with the change.")
    var reason: String
    @Option(help: "Only where the partition's epoch is still this one.")
    var expectEpoch: Int64?
    @Flag(help: "Only show what would happen.")
    var dryRun = false
    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        let move = try move()
        let topic = try checkedTopic()
        guard reason.contains(where: { !$0.isWhitespace }), !reason.utf8.contains(0) else {
            throw CommandFailure(.usage, "--reason must say why: it is all that is known of the change later")
        }
        guard dryRun || yes || isatty(STDIN_FILENO) == 1 else {
            throw CommandFailure(.usage, "there is no terminal to ask on: look at it with --dry-run, then give --yes")
        }
        let log = try PartitionLog(kafka.configuration(), topic: topic, partition: Partition(partition))
        let changes = ProgressChanges(try postgres.connect(), names: try postgres.names(), job: job.name)
        let plan = try plan(move, topic: topic, log: log, changes: changes)
        Output.write(plan.text)
        guard !dryRun else {
            Output.write("nothing was changed\n")
            return
        }
        if !yes, !Self.isConfirmed() { throw CommandFailure(.interrupted, "nothing was changed") }
        // Records may have gone while the question stood. What goes after this is found when the partition is claimed.
        let now = try situation(plan.change.seen, move, topic: topic, log: log, changes: changes)
        let recorded = try make(plan.change(in: now), changes)
        Output.write("changed: epoch \(recorded.epoch), change \(recorded.version) of the partition\n")
        Output.note(
            "sluice: start the partition's process again now. One that runs on learns of the change when its next "
                + "commit is refused, and goes on after twice its session timeout; one whose partition has stopped "
                + "or is quiet does not notice\n")
    }

    private func move() throws -> OperatorMove {
        var moves: [OperatorMove] = []
        for (offset, move) in [
            (acceptGapTo, OperatorMove.acceptGap), (acceptTruncationAt, OperatorMove.acceptTruncation),
            (newLogFrom, OperatorMove.newLog),
        ] {
            guard let offset else { continue }
            guard offset >= 0 else { throw CommandFailure(.usage, "offsets are 0 or above, not \(offset)") }
            moves.append(move(Offset(offset)))
        }
        if forgetIds { moves.append(.forgetIDs) }
        if rewind { moves.append(.rewind) }
        guard moves.count == 1 else {
            throw CommandFailure(
                .usage,
                "give exactly one of --accept-gap-to, --accept-truncation-at, --new-log-from, --forget-ids, --rewind")
        }
        return moves[0]
    }

    private func checkedTopic() throws -> String {
        guard let topic = topic ?? Environment.value("SLUICE_KAFKA_TOPIC") else {
            throw CommandFailure(.usage, "say which topic: --topic")
        }
        guard partition >= 0 else { throw CommandFailure(.usage, "partitions are 0 or above, not \(partition)") }
        return topic
    }

    // MARK: The plan

    private func plan(
        _ move: OperatorMove, topic: String, log: PartitionLog, changes: ProgressChanges
    ) throws -> ProgressPlan {
        let partition = Partition(partition)
        guard let seen = try changes.state(of: topic, partition) else {
            throw try unknown(topic, changes)
        }
        if let expectEpoch, seen.epoch.rawValue != expectEpoch {
            throw CommandFailure(
                .usage,
                "\(topic)/\(partition): the epoch is \(seen.epoch), not \(expectEpoch): \(seen.owner) has claimed or "
                    + "changed the partition since you looked (sluice progress)")
        }
        let situation = try situation(seen, move, topic: topic, log: log, changes: changes)
        do {
            let after = try move.progress(in: situation)
            let change = ProgressChange(
                topic: topic, partition: partition, move: move, reason: reason, who: Operator.current,
                bounds: situation.bounds, seen: seen, after: after)
            return ProgressPlan(
                job: job.name, change: change, situation: situation,
                removed: move == .rewind ? try changes.totals(topic, partition) : [],
                redriven: try changes.redrivenLetters(topic, partition))
        } catch let refusal as MoveRefusal {
            throw CommandFailure(.usage, refusal.message)
        } catch let refusal as ProgressChangeRefusal {
            throw failure(refusal, topic)
        }
    }

    private func situation(
        _ seen: ProgressState, _ move: OperatorMove, topic: String, log: PartitionLog, changes: ProgressChanges
    ) throws -> MoveSituation {
        let bounds = try log.bounds()
        let lastApplied = try log.compare(seen.progress, bounds)
        var situation = MoveSituation(
            topic: topic, partition: Partition(partition), progress: seen.progress, bounds: bounds,
            lastApplied: lastApplied.answer, compared: lastApplied.compared,
            outlivedItsLog: try changes.outlivedItsLog(topic, Partition(partition)))
        if case .acceptGap(let offset) = move, let next = seen.progress.nextOffset {
            situation.firstReadable = try log.firstRecord(from: next, before: offset, bounds)
        }
        return situation
    }

    private func unknown(_ topic: String, _ changes: ProgressChanges) throws -> CommandFailure {
        let known = try changes.known()
        let place = "\(topic)/\(partition)"
        guard known.ofJob.isEmpty else {
            return CommandFailure(
                .usage, "job \(job.name) has no progress of \(place); it has of \(known.ofJob.joined(separator: "; "))")
        }
        let others = known.otherJobs.isEmpty ? "none here has" : "jobs here: \(known.otherJobs.joined(separator: ", "))"
        return CommandFailure(.usage, "job \(job.name) has no progress of any partition; \(others)")
    }

    // MARK: The change

    private func make(_ change: ProgressChange, _ changes: ProgressChanges) throws -> ProgressChanges.Recorded {
        do {
            return try changes.make(change)
        } catch let refusal as ProgressChangeRefusal {
            throw failure(refusal, change.topic)
        } catch let error as PostgresError where error.isConnectionFailure {
            throw CommandFailure(
                .dependency,
                "the connection was lost; whether the change was made shows in sluice progress history: \(error)")
        }
    }

    private func failure(_ refusal: ProgressChangeRefusal, _ topic: String) -> CommandFailure {
        switch refusal {
        case .changed(let before, let now):
            func text(_ state: ProgressState) -> String {
                let next = state.progress.nextOffset.map { "\($0)" } ?? "none"
                return "epoch \(state.epoch), next offset \(next), owner \(state.owner)"
            }
            return CommandFailure(
                .usage,
                "\(topic)/\(partition): nothing was changed: the partition has moved since it was shown, from "
                    + "\(text(before)) to \(now.map(text) ?? "no row at all"). Stop the process that owns it, and look again"
            )
        case .unknownOutputs:
            return CommandFailure(
                .usage,
                "\(topic)/\(partition): job \(job.name) has not noted where its results are, so they cannot be "
                    + "removed: start the job's service of this version once, then try again")
        case .sharedOutput(let schema, let other, let otherTopic):
            return CommandFailure(
                .usage,
                "\(topic)/\(partition): schema \(schema) also holds results of job \(other) from topic \(otherTopic), "
                    + "and rows do not say whose they are: nothing can be removed. Give each its own --schema-prefix")
        }
    }

    private static func isConfirmed() -> Bool {
        Output.note("Type yes to go on: ")
        return readLine() == "yes"
    }
}
