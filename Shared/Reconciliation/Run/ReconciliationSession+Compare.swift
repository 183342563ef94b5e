import Archive
import Kafka
import Postgres
import Streams

extension ReconciliationSession {
    /// One reconciliation, from the cut to the report. What stands in the way of comparing makes a report that says so; an
    /// outage of a server is thrown, and so is what cannot be asked.
    public func reconcile(_ request: ReconciliationRequest) throws -> ReconciliationOutcome {
        let clock = RunClock()
        do {
            return try withSnapshot { try compare($0, request, clock) }
        } catch {
            guard let obstacle = Self.obstacle(in: error) else { throw error }
            return try notCompared(obstacle, request, clock)
        }
    }

    /// Everything that there is.
    public func compareEverything() throws -> ReconciliationOutcome { try reconcile(ReconciliationRequest()) }

    /// Hours of event time, each with a report of its own, in one snapshot. Where one cannot be compared it is the last.
    /// - Parameters:
    ///   - hours: their beginnings.
    ///   - closing: the report with which an hour was closed before; nil: it was not.
    public func compareHours(
        _ hours: [Int64], closing: (Int64) throws -> ReconciliationReport? = { _ in nil }
    ) throws -> [ReconciliationOutcome] {
        var outcomes: [ReconciliationOutcome] = []
        var request = ReconciliationRequest()
        request.comparesEverything = false
        var clock = RunClock()
        func begin(_ hour: Int64) {
            request.fromMilliseconds = hour
            request.toMilliseconds = hour + 3_600_000
        }
        if let first = hours.first { begin(first) }
        do {
            // Asked before the snapshot begins, which has the connection to itself.
            var closings: [Int64: ReconciliationReport] = [:]
            for hour in hours { closings[hour] = try closing(hour) }
            try withSnapshot { snapshot in
                for hour in hours {
                    begin(hour)
                    let before = touchedHours.contains(hour) ? closings[hour] : nil
                    outcomes.append(try compare(snapshot, request, clock, closedBefore: before))
                    clock = RunClock()
                }
            }
        } catch {
            guard let obstacle = Self.obstacle(in: error) else { throw error }
            outcomes.append(try notCompared(obstacle, request, clock))
        }
        return outcomes
    }

    /// Takes the cut and brings the recount to it.
    private func withSnapshot<Result>(_ body: (ResultSnapshot) throws -> Result) throws -> Result {
        // Most of the log is read before, so that the snapshot, which holds up the database's cleaning, is short.
        try follow()
        let snapshot = try ResultSnapshot(connected(), names: settings.names, job: settings.job)
        defer { snapshot.close() }
        try advance(to: snapshot.cut)
        return try body(snapshot)
    }

    /// What is an answer, and no fault: why there is nothing to compare.
    private static func obstacle(in error: any Error) -> String? {
        switch error {
        case let error as ReconciliationObstacle where !error.isStateOutdated: error.message
        case let error as ComparisonError: "\(error)"
        case let error as RecountError where error.code == .log || error.code == .limit: error.message
        case let error as ArchiveError: "\(error)"
        case let error as KafkaError where saysThatRecordsAreGone(error):
            "\(error). The topic does not hold what the recount needs: name an archive of it, or compare later windows alone "
                + "(--from)"
        default: nil
        }
    }

    private static func saysThatRecordsAreGone(_ error: KafkaError) -> Bool {
        error.code == .offsetReset || error.code == .unknownTopic || error.code == .unknownTopicOrPartition
    }

    private func notCompared(
        _ obstacle: String, _ request: ReconciliationRequest, _ clock: RunClock
    ) throws -> ReconciliationOutcome {
        var report = ReconciliationReport()
        report.verdict = .couldNotCompare
        report.obstacle = obstacle
        report.scope.job = settings.job
        report.scope.source = settings.source.description
        report.scope.fromMilliseconds = request.fromMilliseconds
        report.scope.toMilliseconds = request.toMilliseconds
        report.program = settings.program
        clock.finish(&report)
        return ReconciliationOutcome(report: try report.sealed())
    }

    // MARK: One comparison

    private func compare(
        _ snapshot: ResultSnapshot, _ request: ReconciliationRequest, _ clock: RunClock,
        closedBefore: ReconciliationReport? = nil
    ) throws -> ReconciliationOutcome {
        guard let recount else { throw ReconciliationObstacle("the job has applied no record yet") }
        if let kept = snapshot.cut.minutesKeptFrom { recount.dropMinutes(before: kept) }
        try requireBeginning(snapshot.cut, recount, request)
        let log = try log(of: snapshot.cut.topic)
        var options = ComparisonOptions()
        options.fromMilliseconds = request.fromMilliseconds
        options.toMilliseconds = request.toMilliseconds
        options.limit = settings.differenceLimit
        options.settings = settings.recount
        options.comparesEverything = request.comparesEverything
        for partition in try log.partitions() { options.logBounds[partition] = try log.bounds(of: partition) }
        let ledger = snapshot.cut.adjustmentsTopic == nil ? nil : adjustments
        let comparison = try Comparison(snapshot: snapshot, recount: recount, ledger: ledger, options: options)
        let maker = request.makesPlan ? RepairPlan.Maker() : nil
        var planRefusal: String?
        if let maker {
            comparison.onDifference = { difference in
                guard planRefusal == nil else { return }
                do {
                    try maker.add(difference)
                } catch {
                    // The report stands all the same.
                    planRefusal = "\(error)"
                }
            }
        }
        let result = try comparison.run()

        let trace = LogTrace(
            log, settings: settings.recount, temporaryIn: settings.temporaryFolder, limits: settings.limits)
        var report = ReconciliationReport(
            of: result, cut: snapshot.cut, recounted: recount.partitions, adjustments: adjustments.partitions,
            options: options, source: log.description,
            differences: try Classifier(comparison, trace: trace).classify(),
            findings: try findings(recount, snapshot.cut.topic, request)
                + (closedBefore.map { try lateEvents(after: $0, recount, snapshot.cut.topic, trace) } ?? []))
        report.program = settings.program
        report.method = Self.method
        report.assumptions = assumptions(log) + result.assumptions
        if let ledger = request.ledger { try compare(ledger, snapshot, request, &report) }
        Self.number(&report.differences)
        report.signatures = signatures(snapshot.cut, report)
        clock.finish(&report)
        var outcome = ReconciliationOutcome(report: try report.sealed(), cut: snapshot.cut)
        outcome.planRefusal = planRefusal
        guard let maker, planRefusal == nil, report.verdict == .mismatch else { return outcome }
        do {
            outcome.plan = try maker.plan(of: comparison)
        } catch let error as ComparisonError {
            outcome.planRefusal = "\(error)"
        }
        return outcome
    }

    /// Where the log does not reach back to the job's first record, windows that earlier events may be in cannot be proven.
    private func requireBeginning(
        _ cut: ResultCut, _ recount: Recount, _ request: ReconciliationRequest
    ) throws {
        for partition in recount.partitions {
            guard let first = cut.partition(partition.partition)?.firstOffset, partition.start > first,
                partition.next > partition.start
            else { continue }
            let place = "\(cut.topic)/\(partition.partition)"
            let begun = try firstTimestamp(partition, in: log(of: cut.topic))
            let earliest = begun.map { moment in
                let certain = moment + settings.recount.horizonMilliseconds
                return certain + (3_600_000 - certain % 3_600_000) % 3_600_000
            }
            guard let earliest else {
                throw ReconciliationObstacle(
                    "\(place): the log begins at offset \(partition.start), the job began at \(first), and the first record has no "
                        + "timestamp that would tell which windows are whole. Give an archive of the topic")
            }
            guard let from = request.fromMilliseconds, from >= earliest else {
                throw ReconciliationObstacle(
                    "\(place): the log begins at offset \(partition.start), and the job began at \(first): windows before "
                        + "\(CivilTime(milliseconds: earliest).iso) may hold events that are not in it any more. Give an archive of the "
                        + "topic (--archive), or --from \(CivilTime(milliseconds: earliest).iso)")
            }
        }
    }

    private func firstTimestamp(_ partition: RecountedPartition, in log: any PartitionedLog) throws -> Int64? {
        struct Found: Error { var timestamp: Int64 }
        do {
            try log.forEach(
                in: Partition(partition.partition), from: Offset(partition.start), to: Offset(partition.next)
            ) {
                throw Found(timestamp: $0.timestampMilliseconds)
            }
        } catch let found as Found {
            return found.timestamp < 0 ? nil : found.timestamp
        }
        return nil
    }

    private static func number(_ differences: inout [ReconciliationReport.Difference]) {
        for index in differences.indices { differences[index].number = index + 1 }
    }
}
