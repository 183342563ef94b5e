/// A value that must not be seen: it shows itself as `<secret>` to every way of printing, and is handed out only
/// inside a closure, so that each use can be found by name.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) { self.text = text }

    /// Gives the value to the closure. Do not keep it, log it or put it into an error.
    public func withValue<Result>(_ body: (String) throws -> Result) rethrows -> Result { try body(text) }

    /// Compares in a time that depends on the length of `candidate` alone.
    public func equals(_ candidate: String) -> Bool {
        let secret = Array(text.utf8)
        let other = Array(candidate.utf8)
        var difference = UInt64(truncatingIfNeeded: secret.count ^ other.count)
        for index in other.indices {
            let byte = secret.isEmpty ? 0 : secret[index % secret.count]
            difference |= UInt64(byte ^ other[index])
        }
        return difference == 0
    }

    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
