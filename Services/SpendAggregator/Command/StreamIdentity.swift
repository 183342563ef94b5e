import Streams

/// Which of the service's streams something is about, and how it is told from the others in metrics and health.
struct StreamIdentity: Sendable {
    var topic: String
    /// Of the stream's settings: how far its watermark stays behind.
    var outOfOrdernessMilliseconds: Int64
    /// Nil for the events; otherwise what the stream brings: `adjustments` or `budgets`.
    var kind: String?

    init(_ kind: String?, topic: String, settings: StreamSettings) {
        self.kind = kind
        self.topic = topic
        outOfOrdernessMilliseconds = settings.outOfOrdernessMilliseconds
    }

    /// The events are what the service is for; the names of their metrics carry no kind.
    var isEvents: Bool { kind == nil }
    var metricPrefix: String { kind.map { "sluice_\($0)_" } ?? "sluice_" }
    var worker: String { kind.map { "\($0) worker" } ?? "worker" }
    /// What health calls a database that refuses its checkpoints.
    var postgres: String { kind.map { "postgres for \($0)" } ?? "postgres" }
    /// What health calls the wait for the first assignment.
    var assignment: String { kind.map { "\($0) assignment" } ?? "assignment" }
}
