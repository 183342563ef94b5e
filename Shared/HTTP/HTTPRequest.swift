/// A request of ``HTTPClient``.
public struct HTTPRequest: Sendable {
    /// `http://…` or `https://…`.
    public var url: String
    /// GET without a body, POST with one.
    public var body: [UInt8]?
    /// Names and values; neither may hold a line break.
    public var headers: [(name: String, value: String)] = []
    /// From the first look-up of the name to the last byte of the answer.
    public var timeoutMilliseconds = 5_000
    /// An answer that is longer fails with `tooLarge`.
    public var maximumResponseBytes = 16 << 20
    /// Whether a connection to an address may be opened: asked with each address that the host's name stands for, after
    /// its look-up, so that a name cannot be made to mean another address in between. Nil: any.
    public var allows: (@Sendable (PeerAddress) -> Bool)?

    public init(url: String, body: [UInt8]? = nil) {
        self.url = url
        self.body = body
    }
}

/// The answer to an ``HTTPRequest``, whatever its status.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }
}

/// Why there is no answer.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Not a URL, not http or https, or a header with a line break.
        case badRequest = "bad_request"
        /// No connection: no such host, refused, or broken off.
        case unreachable
        case timeout
        /// The certificate or the handshake.
        case tls
        /// ``HTTPRequest/allows`` said no.
        case forbiddenAddress = "forbidden_address"
        case tooLarge = "too_large"
    }

    public var code: Code
    /// What happened, in words, without the URL's user information.
    public var message: String
    public var description: String { message }

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
