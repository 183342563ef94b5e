/// How long a group of alerts is collected, how often it may speak, and how long a message is tried. Milliseconds.
public struct HookTiming: Sendable, Equatable {
    /// From the first alert of a quiet group to its message: what else fires meanwhile goes along.
    public var groupWaitMilliseconds: Int64 = 5_000
    /// Between two messages of a group whose alerts change.
    public var groupIntervalMilliseconds: Int64 = 60_000
    /// After that a message is said again while its alerts still fire.
    public var repeatIntervalMilliseconds: Int64 = 4 * 3_600_000
    /// Before the second attempt; doubled before each further one.
    public var firstRetryMilliseconds: Int64 = 1_000
    public var longestRetryMilliseconds: Int64 = 60_000
    /// From the first attempt of a message; after that it is not tried again.
    public var giveUpMilliseconds: Int64 = 3_600_000
    /// Of one attempt.
    public var timeoutMilliseconds: Int64 = 5_000
    /// Of all last attempts when the service ends.
    public var drainMilliseconds: Int64 = 5_000

    public init() {}
}
