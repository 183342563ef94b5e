import Runtime

/// The streams that may be read beside the events, where their topics are named, and what else is kept going.
struct SideStreams: Sendable {
    var adjustmentsTopic: String?
    var budgetsTopic: String?
    /// Where signals are published; there where budgets are read.
    var signalsTopic: String?
    /// How many partitions that topic gets where it is not there.
    var signalsPartitions: Int
    /// How long minutes are kept; 0: for ever.
    var minuteRetentionMilliseconds: Int64

    init(_ reader: ServiceConfigurationReader, events: String) throws {
        adjustmentsTopic = try reader.optionalString("adjustments.topic")
        budgetsTopic = try reader.optionalString("budgets.topic")
        signalsTopic = try reader.optionalString("signals.topic")
        signalsPartitions = try reader.int("signals.partitions", in: 1...10_000, default: 16)
        minuteRetentionMilliseconds = try reader.milliseconds(
            "retention.minutes", in: 0...(3_650 * 86_400_000), default: 0)
        if minuteRetentionMilliseconds > 0 && minuteRetentionMilliseconds < 7 * 86_400_000 {
            throw RuntimeError(
                .configurationInvalid,
                "retention.minutes: at least 7d, because events may be late and budgets are read from minutes; 0 keeps "
                    + "minutes for ever")
        }
        guard (budgetsTopic == nil) == (signalsTopic == nil) else {
            throw RuntimeError(
                .configurationInvalid,
                budgetsTopic == nil
                    ? "signals.topic is set and budgets.topic is not: signals come of budgets, name their topic"
                    : "budgets.topic is set and signals.topic is not: name the topic that signals are published to")
        }
        let topics = [events, adjustmentsTopic, budgetsTopic, signalsTopic].compactMap { $0 }
        if let twice = topics.first(where: { topic in topics.filter { $0 == topic }.count > 1 }) {
            throw RuntimeError(
                .configurationInvalid,
                "kafka.topic, adjustments.topic, budgets.topic and signals.topic must differ: '\(twice)' comes twice")
        }
    }
}
