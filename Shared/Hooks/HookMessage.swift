/// One message to one receiver: its identity and its bytes stay the same over all attempts.
public struct HookMessage: Sendable, Equatable {
    /// `msg_` and 32 hexadecimal digits.
    public var id: String
    /// JSON, see ``HookBody``.
    public var body: [UInt8]
    public var isFiring: Bool
    public var alertCount: Int
}
