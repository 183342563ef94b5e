/// What a receiver's machine holds at most; beyond it alerts are dropped and counted.
struct HookLimits: Sendable {
    var groups = 32
    var alertsOfGroup = 256
    /// In one message; the others are counted in its `truncatedAlerts`.
    var alertsOfMessage = 64
    /// Of a label's or an annotation's value.
    var valueCharacters = 1_000
    /// A receiver that asks for more patience than this gets this.
    var retryAfterMilliseconds: Int64 = 3_600_000
}
