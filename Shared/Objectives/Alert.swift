/// An alert as Alertmanager knows it: what it is about, what to say, since when, and until when.
public struct Alert: Sendable, Equatable {
    /// What makes it this alert: `alertname`, `severity`, `service`, `objective`, `instance`.
    public var labels: [String: String]
    /// `summary`, `cause`, `runbook_url`, `value`.
    public var annotations: [String: String]
    /// Unix milliseconds.
    public var startsAt: Int64
    /// Unix milliseconds; nil while it fires.
    public var endsAt: Int64?

    public init(labels: [String: String], annotations: [String: String], startsAt: Int64, endsAt: Int64? = nil) {
        self.labels = labels
        self.annotations = annotations
        self.startsAt = startsAt
        self.endsAt = endsAt
    }
}

/// Takes the alerts of a service's objectives and sees to it that somebody hears of them.
public protocol AlertSink: Sendable {
    /// Called after each evaluation, every few seconds, with all alerts that fire and those that have ended since the last call.
    /// Must not block.
    func evaluated(_ alerts: [Alert])
}
