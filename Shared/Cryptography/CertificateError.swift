import Glibc

/// Why a certificate file says nothing.
public struct CertificateError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Missing, or not to be read by this user.
        case unreadable
        /// Not PEM, no certificate in it, or one that cannot be decoded.
        case malformed
        case tooLarge = "too_large"
    }

    public var code: Code
    /// A sentence that names the file.
    public var message: String
    public var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static func unreadable(_ path: String, _ number: Int32) -> CertificateError {
        CertificateError(
            .unreadable, "The certificate file \(path) cannot be read: \(String(cString: strerror(number))).")
    }

    static func malformed(_ path: String, _ reason: String) -> CertificateError {
        CertificateError(.malformed, "The certificate file \(path) is of no use: \(reason).")
    }
}
