/// What an indicator says when it is asked.
public struct Indication: Sendable, Equatable {
    /// Nil where there is nothing to measure now: the second does not count.
    public var value: Double?
    /// What stands behind a bad value, in words, where the indicator knows more than readiness says.
    public var cause: String?

    public init(_ value: Double?, cause: String? = nil) {
        self.value = value
        self.cause = cause
    }
}
