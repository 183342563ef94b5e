/// Where an objective stands.
public struct ObjectiveStatus: Sendable, Equatable {
    /// What its alert says, whether held back or not.
    public enum State: String, Sendable, Comparable {
        case ok, ticket, page

        public static func < (left: State, right: State) -> Bool { left.rank < right.rank }
        private var rank: Int { self == .ok ? 0 : self == .ticket ? 1 : 2 }

        init(_ severity: BurnRule.Severity?) {
            self =
                switch severity {
                case nil: .ok
                case .ticket: .ticket
                case .page: .page
                }
        }
    }

    public var objective: Objective
    /// Nil where there is nothing to measure now.
    public var value: Double?
    public var state: State = .ok
    /// Unix milliseconds since when it is in this state; nil while ok.
    public var since: Int64?
    /// What the service said last while the value was bad, until the state is ok again.
    public var cause: String?
    /// How many times faster than allowed the budget is spent, by the window's length in seconds; empty for
    /// ``Objective/Policy/atOnce``.
    public var burn: [Int64: Double] = [:]

    init(_ objective: Objective) { self.objective = objective }
}
