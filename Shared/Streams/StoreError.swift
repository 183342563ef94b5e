/// Why a store could not do what it was asked.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// The epoch or the expected offset of these partitions did not match; the transaction was rolled back whole.
        case fenced([Partition])
        /// Nothing was applied; the same call may succeed later (serialization failure, lock timeout, server starting).
        case transient
        /// The connection was lost: whether the transaction was committed is not known.
        case outcomeUnknown
        /// The same call will fail again.
        case permanent
        /// The caller has asked to stop waiting.
        case cancelled
    }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}
