import ArgumentParser
import Connectors
import Kafka
import Postgres

/// `sluice signals`: what was published about budgets.
struct SignalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals",
        abstract: "Shows the budget signals of a topic, and compares them with those that were decided.",
        discussion: """
            The topic is read from its beginning to its end as a read_committed consumer sees it. With --verify every \
            signal of spend.signal must be there exactly once, each lane in the order of its sequence, with every field \
            equal; and what is signalled of each campaign must make sense: a threshold is crossed only after it was not, \
            and each day begins once. The last line is then "signals: N published, each once, in order" (exit code 0), \
            or says how many differences there are, below the first of them (exit code 1).
            """)

    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var postgres: PostgresOptions
    @Option(help: "The topic of signals. [SLUICE_SIGNALS_TOPIC] (default: budget-signals)")
    var topic: String?
    @Option(parsing: .unconditional, help: "Show only this campaign's.")
    var campaign: Int64?
    @Option(help: "Show only the last ones, as many; 0 shows none.")
    var last: Int?
    @Flag(help: "Compare with spend.signal, all campaigns.")
    var verify = false
    @Option(help: "Wait up to this long (30s, 5m) until as many are published as were decided.")
    var wait: String?
    @Option(help: "table, csv or json.")
    var format = Table.Format.table

    /// How many differences are printed one by one.
    private static let shownDifferences = 20

    func run() async throws {
        guard (last ?? 0) >= 0 else { throw CommandFailure(.usage, "--last must be 0 or above") }
        let limit = try wait.map {
            guard let span = TimeSpan($0) else {
                throw CommandFailure(.usage, "--wait takes a length of time, such as 30s or 5m")
            }
            return span.milliseconds
        }
        let log = try SignalLog(
            kafka: kafka.configuration(), topic: topic ?? Environment.value("SLUICE_SIGNALS_TOPIC") ?? "budget-signals")
        guard verify || wait != nil else {
            try log.advance()
            return show(log)
        }
        Interruption.install()
        let decided = DecidedSignals(connection: try postgres.connect(), schemas: postgres.schemas)
        let comparison = try compare(log, decided, milliseconds: limit ?? 0)
        show(log)
        if verify { try report(comparison, decided) }
    }

    /// Reads both, again and again while signals wait for their publication and there is time.
    private func compare(_ log: SignalLog, _ decided: DecidedSignals, milliseconds: Int64) throws -> SignalComparison {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
        while true {
            try log.advance()
            let isOver = ContinuousClock.now >= deadline
            if try decided.count() <= log.count || isOver {
                // The table after the topic: whatever is published stands in it.
                let comparison = SignalComparison(
                    published: log.published, decided: verify ? try decided.all() : [], partitions: log.partitions)
                if comparison.waiting == 0 || isOver { return comparison }
            }
            if Interruption.isRequested { throw CommandFailure(.interrupted, "interrupted while waiting for signals") }
            // Neither the table nor the topic tells when there is more: both are asked again after this pause.
            Interruption.pause(milliseconds: 100)
        }
    }

    private func report(_ comparison: SignalComparison, _ decided: DecidedSignals) throws {
        let differences = comparison.differences + SignalHistory.faults(in: comparison.decided)
        var text = differences.prefix(Self.shownDifferences).map { $0 + "\n" }.joined()
        if differences.count > Self.shownDifferences {
            text += "and \(differences.count - Self.shownDifferences) more\n"
        }
        text +=
            differences.isEmpty
            ? "signals: \(comparison.published) published, each once, in order\n"
            : "signals: \(comparison.published) published, \(differences.count) differences\n"
        // What programs read stays what it is.
        if format == .table { Output.write(text) } else { Output.note(text) }
        if !differences.isEmpty { throw ExitCode(CommandFailure.Code.difference.rawValue) }
    }

    private func show(_ log: SignalLog) {
        for fault in log.unreadable { Output.note("sluice: \(fault)\n") }
        if last == 0 { return }
        let table = SignalTable.table(of: log.published.map(\.signal), campaign: campaign, last: last, format)
        if format == .table, table.rows.isEmpty {
            Output.write("(no signals)\n")
        } else {
            Output.write(table.rendered(as: format) + (verify && format == .table ? "\n" : ""))
        }
    }
}
