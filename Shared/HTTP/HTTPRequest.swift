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
    /// An answer that is longer, its head included, fails with `tooLarge`.
    public var maximumResponseBytes = 16 << 20
    /// PEM file of the authorities that the server is checked against; nil for the system's.
    public var certificateAuthorityFile: String?
    /// Whether a connection to an address may be opened: asked with each address that the host's name stands for, after
    /// its look-up, so that a name cannot be made to mean another address in between. Nil: any.
    public var allows: (@Sendable (PeerAddress) -> Bool)?
    /// Asked about once a second and whenever something arrives: true ends the request with `timeout`. Nil: never.
    public var isAbandoned: (@Sendable () -> Bool)?

    public init(url: String, body: [UInt8]? = nil) {
        self.url = url
        self.body = body
    }
}

/// The answer to an ``HTTPRequest``, whatever its status.
public struct HTTPResponse: Sendable {
    public var status: Int
    /// In the order in which they came, names in small letters.
    public var headers: [(name: String, value: String)] = []
    public var body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The first header of that name, which is to be given in small letters.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there is no answer.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Not a URL, not http or https, or a header that is none.
        case badRequest = "bad_request"
        /// No connection: no such host, refused, or broken off.
        case unreachable
        /// The time was over, or the caller wanted no answer any more.
        case timeout
        /// The certificate or the handshake.
        case tls
        /// ``HTTPRequest/allows`` said no.
        case forbiddenAddress = "forbidden_address"
        case tooLarge = "too_large"
    }

    public var code: Code
    /// What happened, in words, without the URL's user information, path and query.
    public var message: String
    public var description: String { message }

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
