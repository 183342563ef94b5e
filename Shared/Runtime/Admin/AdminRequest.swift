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
        // All of it scalar by scalar: "\r\n" is a single character in Swift, and so is a colon or a blank together with
        // what combines with it.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.last == "\r" ? line.dropLast() : line
        }
        guard let first = lines.first else { return nil }
        let parts = first.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, String(parts[2]) == "HTTP/1.1" || String(parts[2]) == "HTTP/1.0",
            !parts[0].isEmpty, parts[0].allSatisfy({ ("A"..."Z").contains($0) }), parts[1].first == "/"
        else { return nil }
        method = String(parts[0])
        path = String(parts[1].prefix { $0 != "?" })
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), line.first != " ", line.first != "\t" else { return nil }
            guard String(line[..<colon]).lowercased() == "authorization" else { continue }
            guard authorization == nil else { return nil }
            authorization = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
        }
    }

    /// The token of `Authorization: Bearer TOKEN`.
    var bearerToken: String? {
        guard let scalars = authorization?.unicodeScalars,
            String(scalars.prefix(7)).lowercased().utf8.elementsEqual("bearer ".utf8)
        else { return nil }
        var token = scalars.dropFirst(7).drop { $0 == " " }
        while token.last == " " || token.last == "\t" { token.removeLast() }
        return String(token)
    }
}
