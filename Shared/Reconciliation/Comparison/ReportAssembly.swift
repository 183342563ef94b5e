import Streams

extension ReconciliationReport {
    /// A report of a comparison. What only the caller knows is left to it: id, moment, program, method, signatures, cost,
    /// an external ledger.
    ///
    /// - Parameters:
    ///   - source: where the records were read, for people.
    ///   - differences: of `Classifier.classify()`.
    public init(
        of result: ComparisonOutcome, cut: ResultCut, recounted: [RecountedPartition],
        adjustments: [RecountedPartition] = [], options: ComparisonOptions, source: String,
        differences: [Difference], findings: [Finding]
    ) {
        self.init()
        verdict = result.verdict
        if verdict == .couldNotCompare {
            obstacle = result.checks.compactMap(\.note).first ?? "Nothing could be compared."
        }
        scope.job = cut.job
        scope.topic = cut.topic
        scope.adjustmentsTopic = cut.adjustmentsTopic
        scope.source = source
        scope.fromMilliseconds = options.fromMilliseconds
        scope.toMilliseconds = options.toMilliseconds
        scope.horizonMilliseconds = options.settings.horizonMilliseconds
        scope.outOfOrdernessMilliseconds = options.settings.outOfOrdernessMilliseconds
        scope.records = recounted.reduce(0) { $0 + $1.records }
        scope.partitions = recounted.map { Self.scope($0, of: cut.topic, options.logBounds[Partition($0.partition)]) }
        if let topic = cut.adjustmentsTopic {
            scope.partitions += adjustments.map { Self.scope($0, of: topic, nil) }
        }
        checks = result.checks
        totals = result.totals
        hours = result.hours
        differenceCount = result.differenceCount
        self.differences = differences
        self.findings = findings
        assumptions = result.assumptions
    }

    private static func scope(_ partition: RecountedPartition, of topic: String, _ bounds: LogBounds?) -> PartitionScope
    {
        .init(
            topic: topic, partition: partition.partition, fromOffset: partition.start, toOffset: partition.next,
            logStart: bounds?.start.rawValue ?? partition.start, logEnd: bounds?.end.rawValue ?? partition.next,
            contentHash: RecountText.hexadecimal(partition.contentHash))
    }
}
