/// One answer of the admin endpoint.
struct AdminResponse: Equatable {
    enum Status: Int {
        case ok = 200
        case badRequest = 400
        case unauthorized = 401
        case notFound = 404
        case methodNotAllowed = 405
        case headTooLarge = 431
        case unavailable = 503

        var phrase: String {
            switch self {
            case .ok: "OK"
            case .badRequest: "Bad Request"
            case .unauthorized: "Unauthorized"
            case .notFound: "Not Found"
            case .methodNotAllowed: "Method Not Allowed"
            case .headTooLarge: "Request Header Fields Too Large"
            case .unavailable: "Service Unavailable"
            }
        }
    }

    var status: Status
    var contentType: String
    var body: String

    static func json(_ status: Status, _ body: String) -> Self {
        AdminResponse(status: status, contentType: "application/json", body: body + "\n")
    }

    static func text(_ status: Status, _ body: String) -> Self {
        AdminResponse(status: status, contentType: "text/plain; charset=utf-8", body: body + "\n")
    }

    /// The bytes on the wire. Every connection carries one answer.
    func bytes(withBody: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n"
        head += "Content-Type: \(contentType)\r\nContent-Length: \(body.utf8.count)\r\n"
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
        if status == .unauthorized { head += "WWW-Authenticate: Bearer\r\n" }
        if status == .methodNotAllowed { head += "Allow: GET, HEAD\r\n" }
        return Array((head + "\r\n" + (withBody ? body : "")).utf8)
    }
}
