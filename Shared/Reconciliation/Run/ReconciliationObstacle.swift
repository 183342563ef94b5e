/// Why log and results cannot be compared: what, where, and what to do.
public struct ReconciliationObstacle: Error, Equatable, Sendable, CustomStringConvertible {
    public var message: String
    /// A recount that was kept does not belong to these results any more: it has to begin afresh.
    public var isStateOutdated: Bool

    public init(_ message: String, isStateOutdated: Bool = false) {
        self.message = message
        self.isStateOutdated = isStateOutdated
    }

    public var description: String { message }
}
