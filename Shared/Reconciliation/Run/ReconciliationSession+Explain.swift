import Streams

extension ReconciliationSession {
    /// A difference in words, with each of its events decoded and judged, read from the log again.
    public func explanation(
        of difference: ReconciliationReport.Difference, in report: ReconciliationReport
    ) throws -> String {
        if let topic = report.scope.adjustmentsTopic, difference.events.contains(where: { $0.topic == topic }) {
            let log = try log(of: topic)
            for partition in report.scope.partitions where partition.topic == topic {
                try adjustments.advance(
                    Partition(partition.partition), in: log, to: Offset(partition.toOffset),
                    startingAt: Offset(partition.fromOffset))
            }
        }
        var settings = settings.recount
        settings.horizonMilliseconds = report.scope.horizonMilliseconds
        settings.outOfOrdernessMilliseconds = report.scope.outOfOrdernessMilliseconds
        settings.lookBackMilliseconds = nil
        let trace = LogTrace(
            try log(of: report.scope.topic), settings: settings, temporaryIn: self.settings.temporaryFolder,
            limits: self.settings.limits)
        var lines = [
            "\(report.id)-\(difference.number)  \(difference.check), \(difference.class.rawValue)",
            difference.key.map { "\($0.name) \(SafeText.terminal($0.value))" }.joined(separator: ", "),
        ]
        for column in difference.columns where column.expected != column.actual {
            lines.append(
                "  \(column.name): \(column.expected ?? "nothing") by the log, \(column.actual ?? "nothing") found")
        }
        lines.append(SafeText.terminal(difference.explanation))
        let events = try EventExplanation.lines(
            of: difference, scope: report.scope, trace: trace, ledger: adjustments)
        if !events.isEmpty { lines.append("") }
        lines += events.map { SafeText.terminal($0) }
        if difference.eventCount > Int64(difference.events.count) {
            lines.append("and \(difference.eventCount - Int64(difference.events.count)) more")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
