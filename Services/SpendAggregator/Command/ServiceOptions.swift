import ArgumentParser
import ServiceCommand

/// The service's options on the command line. A nil means: not given here; the environment, the file and the
/// defaults come next.
struct ServiceOptions: ParsableArguments {
    @OptionGroup var serving: ServingOptions
    @OptionGroup var kafka: KafkaServerOptions
    @OptionGroup var hooks: HookOptions
    @OptionGroup var postgres: PostgresServerOptions
    @Option(help: "Topic of ad events (ad-events).") var kafkaTopic: String?
    @Option(help: "true where the topic skips no offset, so that one it skips stops the partition (false).")
    var kafkaContiguous: String?
    @Option(help: "Consumer group (the job's name).") var kafkaGroup: String?
    @Option(help: "Static member id, one a process, kept over restarts (the host's name).")
    var kafkaInstanceId: String?
    @Option(help: "How long a silent member keeps its partitions (15s).") var kafkaSessionTimeout: String?
    @Option(help: "The job's name in the progress table (spend-aggregator).") var job: String?
    @Option(help: "How long an event id is remembered, in the log's own time (10m).") var dedupHorizon: String?
    @Option(help: "Most ids to remember for one partition (50000000).") var dedupMaximumIds: String?
    @Option(help: "How far the watermark stays behind the log's own time (30s).") var watermarkDelay: String?
    @Option(help: "How often results are committed (1s).") var checkpointInterval: String?
    @Option(help: "Topic of adjustments, such as spend-adjustments (none).") var adjustmentsTopic: String?
    @Option(help: "Topic of budgets, such as campaign-budgets (none); needs --signals-topic.")
    var budgetsTopic: String?
    @Option(help: "Topic that budget signals are published to, such as budget-signals (none).")
    var signalsTopic: String?
    @Option(help: "Partitions of the signals' topic where it has to be made (16).") var signalsPartitions: String?
    @Option(help: "How long minutes are kept, at least 7d (0: for ever).") var retentionMinutes: String?

    /// By configuration key.
    var flags: [String: String?] {
        let own: [String: String?] = [
            "kafka.topic": kafkaTopic, "kafka.contiguous": kafkaContiguous, "kafka.group": kafkaGroup,
            "kafka.instance-id": kafkaInstanceId, "kafka.session-timeout": kafkaSessionTimeout, "job": job,
            "dedup.horizon": dedupHorizon, "dedup.maximum-ids": dedupMaximumIds, "watermark.delay": watermarkDelay,
            "checkpoint.interval": checkpointInterval, "adjustments.topic": adjustmentsTopic,
            "budgets.topic": budgetsTopic, "signals.topic": signalsTopic, "signals.partitions": signalsPartitions,
            "retention.minutes": retentionMinutes,
        ]
        return [serving.flags, hooks.flags, kafka.flags, postgres.flags].reduce(own) {
            $0.merging($1) { first, _ in first }
        }
    }
}
