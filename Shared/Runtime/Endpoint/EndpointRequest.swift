/// A request over HTTP/1.x (RFC 9112): the parts of its head that endpoints look at, and a body where they read one.
public struct EndpointRequest: Equatable, Sendable {
    static let maximumHeadBytes = 8_192

    public var method: String
    /// The target without its query.
    public var path: String
    /// What follows the question mark, as it was sent.
    public var query: String?
    /// The values of the headers Host: one in a request that is in order.
    public var hosts: [String] = []
    /// The values of the headers Cookie.
    public var cookies: [String] = []
    public var ifNoneMatch: String?
    public var contentType: String?
    /// Of the head; nil where it is missing or no number.
    public var contentLength: Int?
    /// Of routes that read bodies; empty otherwise.
    public var body: [UInt8] = []
    var authorization: String?

    /// Parses a head up to and without its empty line; nil for what is not HTTP/1.x or is ambiguous.
    public init?(head: some Sequence<UInt8>) {
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
        let target = parts[1]
        path = String(target.prefix { $0 != "?" })
        if let mark = target.firstIndex(of: "?") { query = String(target[target.index(after: mark)...]) }
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), line.first != " ", line.first != "\t" else { return nil }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
            guard note(value, of: String(line[..<colon]).lowercased()) else { return nil }
        }
    }

    /// False where a header that may come once came before.
    private mutating func note(_ value: String, of name: String) -> Bool {
        switch name {
        case "authorization":
            guard authorization == nil else { return false }
            authorization = value
        case "host": hosts.append(value)
        case "cookie": cookies.append(value)
        case "if-none-match": ifNoneMatch = value
        case "content-type": contentType = value
        case "content-length": contentLength = Int(value)
        default: break
        }
        return true
    }

    /// The token of `Authorization: Bearer TOKEN`.
    public var bearerToken: String? {
        guard let scalars = authorization?.unicodeScalars,
            String(scalars.prefix(7)).lowercased().utf8.elementsEqual("bearer ".utf8)
        else { return nil }
        var token = scalars.dropFirst(7).drop { $0 == " " }
        while token.last == " " || token.last == "\t" { token.removeLast() }
        return String(token)
    }

    /// The values of a cookie; more than one where the client sends it for several paths.
    public func cookie(_ name: String) -> [String] {
        cookies.flatMap { header in
            header.unicodeScalars.split(separator: ";").compactMap { part in
                let pair = part.drop { $0 == " " }
                guard let equals = pair.firstIndex(of: "="), String(pair[..<equals]) == name else { return nil }
                return String(pair[pair.index(after: equals)...])
            }
        }
    }

    /// The value of a field of a query or of a form's body, decoded; nil where it is not there or not decodable.
    public static func field(_ name: String, of form: String) -> String? {
        for part in form.unicodeScalars.split(separator: "&") {
            guard let equals = part.firstIndex(of: "="), String(part[..<equals]) == name else { continue }
            return decoded(part[part.index(after: equals)...])
        }
        return nil
    }

    /// Takes a form's encoding back (application/x-www-form-urlencoded).
    private static func decoded(_ text: String.UnicodeScalarView.SubSequence) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(String(text).utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// What the admin endpoint calls it.
typealias AdminRequest = EndpointRequest
