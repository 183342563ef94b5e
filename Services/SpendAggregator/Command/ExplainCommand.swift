import ArgumentParser
import Runtime
import SpendAggregatorJob
import Streams

/// `spend-aggregator explain`: the job's graph and what it guarantees under which assumptions.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Print the job's graph, its guarantee end to end and the assumptions.",
        discussion: "Uses the given settings where they matter; connects to nothing.")
    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await CommandFailure.guarded {
            let reader = try ServiceConfigurationReader(flags: options.flags)
            let job = try SpendConfiguration.streamJob(reader)
            let side = try SideStreams(reader, events: job.topic)
            print(
                SpendExplanation.text(
                    of: job,
                    beside: .init(
                        adjustments: side.adjustmentsTopic, budgets: side.budgetsTopic, signals: side.signalsTopic,
                        minuteRetentionMilliseconds: side.minuteRetentionMilliseconds)))
        }
    }
}
