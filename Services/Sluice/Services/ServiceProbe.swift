import HTTP

/// What one service's admin endpoint said when it was asked.
struct ServiceProbe: Sendable {
    enum Answer<Value: Sendable>: Sendable {
        case answered(Value)
        /// Why not, in words.
        case failed(String)

        var value: Value? { if case .answered(let value) = self { value } else { nil } }
    }

    /// One thing that a probe says stands in the way.
    struct Reason: Sendable, Equatable, Decodable {
        var component: String
        var reason: String
    }

    var address: ServiceAddress
    /// Of `/healthz/live`: empty where the process turns.
    var liveness: Answer<[Reason]>
    /// Of `/healthz/ready`: empty where it makes progress.
    var readiness: Answer<[Reason]>
    var metrics: Answer<MetricsText>
    /// Of `/config`: effective settings by key.
    var configuration: Answer<[String: String]>
    /// Of `/objectives`; nil from a service that has none.
    var objectives: Answer<[ServedObjective]>
    /// How long all of it took.
    var milliseconds: Int64
}

/// An objective as a service serves it at `/objectives`.
struct ServedObjective: Sendable, Equatable, Codable {
    var name: String
    var title: String
    /// Of the value and the threshold, such as `seconds`.
    var unit: String
    /// Nil where there is nothing to measure now.
    var value: Double?
    /// The largest value that is good.
    var atMost: Double
    /// The share of seconds that must be good, such as 0.9995; 1 for one that alerts at once.
    var target: Double
    /// Such as `30d`.
    var window: String
    /// `burn` or `at_once`.
    var policy: String
    /// By window (`5m`, `1h`, …): how many times faster than allowed the budget of bad seconds is spent.
    var burn: [String: Double]
    /// `ok`, `ticket` or `page`.
    var state: String
    /// Unix milliseconds since when it is in this state; nil while ok.
    var since: Int64?
    /// What the service itself says stands in the way, in words.
    var cause: String?
}
