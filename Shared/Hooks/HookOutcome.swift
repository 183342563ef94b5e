/// How one attempt ended.
enum HookOutcome: Sendable, Equatable {
    case delivered
    /// The receiver does not want it, and will not want it later.
    case refused(reason: String)
    /// Worth another attempt, not before the receiver's own wish.
    case failed(reason: String, retryAfterMilliseconds: Int64? = nil)
}

/// What became of a message, for the log and the metrics.
enum HookEvent: Sendable, Equatable {
    case delivered(HookMessage, attempts: Int)
    case refused(HookMessage, reason: String)
    case willRetry(HookMessage, attempts: Int, reason: String, inMilliseconds: Int64)
    case gaveUp(HookMessage, attempts: Int, reason: String)
}
