import Cryptography
import FoundationEssentials

/// A key that messages are signed with, as Standard Webhooks writes it: `whsec_` and base64. It shows itself to nobody.
public struct HookSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: [UInt8]

    /// Nil for anything but `whsec_` and the base64 of 24 to 64 bytes.
    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix("whsec_"), let data = Data(base64Encoded: String(text.dropFirst(6))),
            (24...64).contains(data.count)
        else { return nil }
        key = Array(data)
    }

    /// `v1,` and the base64 of the HMAC-SHA256 over `ID.TIMESTAMP.BODY`.
    /// - Parameter timestamp: Unix seconds of this attempt.
    public func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        let code = HMACSHA256.authenticationCode(key: key, message: Array("\(id).\(timestamp).".utf8) + body)
        return "v1," + Data(code).base64EncodedString()
    }

    /// All secrets of a file's text, one or several with blanks or line ends between them.
    /// - Returns: nil where one of them is none, or there is none at all.
    public static func all(in text: String) -> [HookSecret]? {
        let words = text.split(whereSeparator: \.isWhitespace)
        let secrets = words.compactMap { HookSecret($0) }
        return secrets.isEmpty || secrets.count < words.count ? nil : secrets
    }

    public var description: String { "<secret>" }
    public var debugDescription: String { "<secret>" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
