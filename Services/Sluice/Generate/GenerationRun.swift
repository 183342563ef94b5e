/// Makes the records of a stream one by one, judges each for the truth, and sends it.
struct GenerationRun {
    private var stream: EventStream
    private let events: Int64
    private let sink: KafkaRecordSink?
    private let keepsTruth: Bool

    private(set) var truth: TruthKeeper
    /// How many records were made, and sent where there is a sink.
    private(set) var sent: Int64 = 0
    /// Whether a signal ended the run early.
    private(set) var wasInterrupted = false
    private(set) var elapsedMilliseconds: Int64 = 0

    /// - Parameter sink: nil for a run that only works out the truth.
    init(shape: StreamShape, rules: TruthRules = TruthRules(), sink: KafkaRecordSink?, keepsTruth: Bool) {
        truth = TruthKeeper(rules: rules)
        stream = EventStream(shape: shape)
        events = shape.events
        self.sink = sink
        self.keepsTruth = keepsTruth
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
        while let record = stream.next() {
            // Judged only once it is taken: an interrupted run's truth is about what the topic holds.
            if let sink {
                try encoder.withPayload(of: record) { try sink.send(record, payload: $0) }
            }
            if keepsTruth { truth.observe(record) }
            sent += 1
            guard sent % interval == 0 else { continue }
            if showsProgress { progress.update(sent) }
            if let rate { keepPace(rate, progress) }
            if Interruption.isRequested {
                wasInterrupted = sent < events
                break
            }
        }
        try sink?.finish()
        elapsedMilliseconds = progress.elapsedMilliseconds
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
