/// One answer of an endpoint.
public struct EndpointResponse: Equatable, Sendable {
    public enum Status: Int, Sendable {
        case ok = 200
        case seeOther = 303
        case notModified = 304
        case badRequest = 400
        case unauthorized = 401
        case forbidden = 403
        case notFound = 404
        case methodNotAllowed = 405
        case contentTooLarge = 413
        case misdirected = 421
        case headTooLarge = 431
        case unavailable = 503

        var phrase: String {
            switch self {
            case .ok: "OK"
            case .seeOther: "See Other"
            case .notModified: "Not Modified"
            case .badRequest: "Bad Request"
            case .unauthorized: "Unauthorized"
            case .forbidden: "Forbidden"
            case .notFound: "Not Found"
            case .methodNotAllowed: "Method Not Allowed"
            case .contentTooLarge: "Content Too Large"
            case .misdirected: "Misdirected Request"
            case .headTooLarge: "Request Header Fields Too Large"
            case .unavailable: "Service Unavailable"
            }
        }
    }

    public var status: Status
    public var contentType: String
    public var body: String
    /// Beside those that every answer has. Values that hold data must not hold line breaks.
    public var headers: [String: String]

    public init(status: Status, contentType: String, body: String, headers: [String: String] = [:]) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }

    public static func json(_ status: Status, _ body: String) -> Self {
        EndpointResponse(status: status, contentType: "application/json", body: body + "\n")
    }

    public static func text(_ status: Status, _ body: String) -> Self {
        EndpointResponse(status: status, contentType: "text/plain; charset=utf-8", body: body + "\n")
    }

    /// The bytes on the wire. Every connection carries one answer.
    func bytes(withBody: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n"
        // An answer of this status ends with its head.
        if status != .notModified {
            head += "Content-Type: \(contentType)\r\nContent-Length: \(body.utf8.count)\r\n"
        }
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
        if status == .unauthorized { head += "WWW-Authenticate: Bearer\r\n" }
        if status == .methodNotAllowed, headers["Allow"] == nil { head += "Allow: GET, HEAD\r\n" }
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            // A line break would begin a header of somebody else's.
            let line = String(String.UnicodeScalarView(value.unicodeScalars.filter { $0.value >= 0x20 }))
            head += "\(name): \(line)\r\n"
        }
        return Array((head + "\r\n" + (withBody && status != .notModified ? body : "")).utf8)
    }
}

/// What the admin endpoint calls it.
typealias AdminResponse = EndpointResponse
