/// The head of an HTTP/1.x request (RFC 9112): all that a read-only endpoint needs. Bodies are never read.
struct AdminRequest: Equatable {
    static let maximumHeadBytes = 8_192

    var method: String
    /// The target without its query.
    var path: String
    var authorization: String?

    /// Parses a head up to and without its empty line; nil for what is not HTTP/1.x or is ambiguous.
    init?(head: some Sequence<UInt8>) {
        guard let text = String(validating: Array(head), as: UTF8.self) else { return nil }
        // "\r\n" is a single character in Swift, so lines are cut by scalars.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.last == "\r" ? line.dropLast() : line)
        }
        guard let first = lines.first else { return nil }
        let parts = first.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0",
            !parts[0].isEmpty, parts[0].utf8.allSatisfy({ (0x41...0x5A).contains($0) }), parts[1].hasPrefix("/")
        else { return nil }
        method = String(parts[0])
        path = String(parts[1].prefix { $0 != "?" })
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), line.first != " ", line.first != "\t" else { return nil }
            guard line[..<colon].lowercased() == "authorization" else { continue }
            guard authorization == nil else { return nil }
            authorization = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
        }
    }

    /// The token of `Authorization: Bearer TOKEN`.
    var bearerToken: String? {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
        let token = authorization.dropFirst(7).drop { $0 == " " }
        return String(token.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
