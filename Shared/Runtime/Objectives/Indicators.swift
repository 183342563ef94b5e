public import Objectives

/// How the indicators of a service's objectives are asked, by the objective's name.
///
/// The closures are called once a second from a task of their own and must not block. What a worker's thread does is read from
/// what that thread wrote with its time, so that an age goes on growing while the thread hangs.
public struct Indicators: Sendable {
    var closures: [String: @Sendable () -> Indication] = [:]

    public init() {}

    /// Sets the indicator of an objective.
    public mutating func set(_ objective: String, _ indication: @escaping @Sendable () -> Indication) {
        closures[objective] = indication
    }

    /// The same for one that has a value and no words of its own.
    public mutating func set(_ objective: String, value: @escaping @Sendable () -> Double?) {
        closures[objective] = { Indication(value()) }
    }
}
