/// Repeats that the contract counts: no mismatch, and something that finance wants to know.
public enum Findings {
    private static let eventsKept = 100

    /// - Parameters:
    ///   - beyond, across: of the recount.
    public static func repeats(
        topic: String, settings: RecountSettings, beyond: RepeatFindings, across: RepeatFindings
    ) -> [ReconciliationReport.Finding] {
        var findings: [ReconciliationReport.Finding] = []
        if beyond.count > 0 {
            let minutes = settings.horizonMilliseconds / 60_000
            findings.append(
                finding(
                    .duplicateBeyondHorizon, topic, beyond,
                    "\(beyond.count == 1 ? "An event" : "\(beyond.count) events") came again more than \(minutes) minutes of the log's time after the copy before, "
                        + "when it was not remembered any more, and counted again. By contract that is right; if it was not meant, an adjustment gives it back."
                ))
        }
        if across.count > 0 {
            findings.append(
                finding(
                    .duplicateAcrossPartitions, topic, across,
                    "\(across.count == 1 ? "An event id stands" : "\(across.count) event ids stand") in more than one partition, where nobody removes copies: "
                        + "the producer has changed its key, or the topic has been given more partitions."))
        }
        return findings
    }

    private static func finding(
        _ kind: ReconciliationReport.Class, _ topic: String, _ found: RepeatFindings, _ explanation: String
    ) -> ReconciliationReport.Finding {
        .init(
            class: kind, count: found.count,
            nanos: found.nanosByCurrency.sorted { $0.key < $1.key }.map { .init($0.key, String($0.value)) },
            events: found.first.prefix(eventsKept / 2).flatMap { repeated in
                [
                    .init(topic: topic, partition: repeated.earlierPartition, offset: repeated.earlierOffset),
                    .init(topic: topic, partition: repeated.partition, offset: repeated.offset),
                ]
            }, explanation: explanation)
    }
}
