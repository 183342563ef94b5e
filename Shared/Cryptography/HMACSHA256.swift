import CCrypto

/// Message authentication with a shared key (RFC 2104 with SHA-256).
public enum HMACSHA256 {
    public static let byteCount = 32

    /// - Parameter key: of any length; at least 32 random bytes are worth having.
    /// - Returns: 32 bytes.
    public static func authenticationCode(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        let result = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length)
        // It can only fail without memory, or without SHA-256: a signature of zeros must not leave the process.
        precondition(result != nil && Int(length) == byteCount, "libcrypto cannot compute HMAC-SHA256")
        return code
    }
}
