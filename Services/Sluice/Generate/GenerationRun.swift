import Schemas

/// Makes the records of a stream one by one, judges each for the truth, and sends it.
struct GenerationRun {
    private var stream: EventStream
    private let events: Int64
    private let sink: KafkaRecordSink?
    private let keepsTruth: Bool
    private let sides: SideStreamShape
    private let budgets: BudgetPlan?
    private var credits: CreditStream?

    private(set) var truth: TruthKeeper
    /// How many records were made, and sent where there is a sink.
    private(set) var sent: Int64 = 0
    /// Whether a signal ended the run early.
    private(set) var wasInterrupted = false
    /// How many budgets were sent.
    var budgetCount: Int { budgets?.budgets.count ?? 0 }
    private(set) var elapsedMilliseconds: Int64 = 0

    /// - Parameters:
    ///   - sides: what goes into topics beside the events'.
    ///   - sink: nil for a run that only works out the truth.
    init(
        shape: StreamShape, sides: SideStreamShape = SideStreamShape(), rules: TruthRules = TruthRules(),
        sink: KafkaRecordSink?, keepsTruth: Bool
    ) {
        truth = TruthKeeper(rules: rules)
        let stream = EventStream(shape: shape)
        self.stream = stream
        events = shape.events
        self.sink = sink
        self.keepsTruth = keepsTruth
        self.sides = sides
        budgets = sides.budgetsTopic.map { _ in
            BudgetPlan(shape, catalog: stream.catalog, campaigns: sides.budgetCampaigns)
        }
        credits = sides.adjustmentsTopic.map { _ in CreditStream(share: sides.adjustmentShare, seed: shape.seed) }
        if keepsTruth { truth.adjustments.topic = sides.adjustmentsTopic }
    }

    var recordsPerSecond: Int64 { sent * 1000 / max(elapsedMilliseconds, 1) }

    /// Sends the whole stream, or what of it goes until the operator interrupts.
    ///
    /// - Parameter rate: records a second; nil is as fast as possible.
    /// - Throws: `KafkaError`, `CommandFailure`: a record that is not delivered ends the run.
    mutating func send(rate: Int64?, showsProgress: Bool) throws {
        var progress = ProgressLine(title: sink == nil ? "working out" : "sending", total: events)
        defer { progress.clear() }
        var encoder = RecordEncoder()
        // Often enough to keep the pace even, rarely enough not to be felt.
        let interval = rate.map { max(1, min(1024, $0 / 100)) } ?? 1024
        try sendBudgets()
        while let record = stream.next() {
            // Judged only once it is taken: an interrupted run's truth is about what the topic holds.
            if let sink {
                try encoder.withPayload(of: record) { try sink.send(record, payload: $0) }
            }
            if keepsTruth { truth.observe(record) }
            sent += 1
            if credits != nil {
                credits?.observe(record)
                try sendCredits(dueAtMilliseconds: record.timestampMilliseconds)
            }
            guard sent % interval == 0 else { continue }
            if showsProgress { progress.update(sent) }
            if let rate { keepPace(rate, progress) }
            if Interruption.isRequested {
                wasInterrupted = sent < events
                break
            }
        }
        if let refund = budgets?.refund {
            credits?.refund(refund.campaign, nanos: refund.nanos, atMilliseconds: stream.lastArrivalMilliseconds)
        }
        try sendCredits(dueAtMilliseconds: nil)
        try sink?.finish()
        elapsedMilliseconds = progress.elapsedMilliseconds
    }

    /// Budgets come first: whoever waits for signals has them by the first event.
    private func sendBudgets() throws {
        guard let sink, let topic = sides.budgetsTopic, let budgets else { return }
        for budget in budgets.budgets {
            try sink.send(
                CampaignBudgetWriter.encode(budget), ofCampaign: budget.campaignID, to: topic,
                partition: CampaignCatalog.partition(ofCampaign: budget.campaignID, of: stream.shape.partitions),
                timestampMilliseconds: stream.shape.startMilliseconds)
        }
        try sink.finish()
    }

    private mutating func sendCredits(dueAtMilliseconds time: Int64?) throws {
        guard let topic = sides.adjustmentsTopic else { return }
        while let (credit, timestamp) = credits?.next(dueAtMilliseconds: time) {
            try sink?.send(
                credit.payload, ofCampaign: credit.campaign, to: topic, partition: credit.partition,
                timestampMilliseconds: timestamp)
            if keepsTruth { truth.adjustments.observe(credit) }
        }
    }

    /// Waits until the records sent so far are due.
    private func keepPace(_ rate: Int64, _ progress: ProgressLine) {
        let due = sent * 1000 / rate
        while !Interruption.isRequested {
            let ahead = due - progress.elapsedMilliseconds
            guard ahead > 0 else { return }
            if let sink {
                sink.wait(milliseconds: Int32(min(ahead, 50)))
            } else {
                Interruption.pause(milliseconds: min(ahead, 50))
            }
        }
    }
}
