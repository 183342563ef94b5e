/// An absolute address that a crawler could fetch: http or https, a public host name, nothing in it that has to be
/// encoded (RFC 3986; the hosts of RFC 6761 and the private networks of RFC 1918, 3927 and 6598 are refused).
///
/// The canonical form has scheme and host in lower case; the rest is the same bytes. Characters beyond ASCII are
/// accepted, since every crawler encodes them; ``isASCII`` says whether there are any.
public struct WebAddress: Sendable, Equatable {
    /// Of the host in the text.
    public let host: Range<Int>
    /// Where the path begins.
    public let path: Int
    /// Without the white space around it.
    let text: Range<Int>
    public let isASCII: Bool

    public init(parsing text: Span<UInt8>) throws(ValueFault) {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw .empty }
        let value = text.extracting(trimmed)
        var index: Int
        if value.hasPrefixIgnoringCase("https://") {
            index = trimmed.lowerBound + 8
        } else if value.hasPrefixIgnoringCase("http://") {
            index = trimmed.lowerBound + 7
        } else {
            throw WebAddress.hasScheme(value) ? .notHTTP : .schemeMissing
        }
        isASCII = try WebAddress.checkCharacters(value)
        let hostStart = index
        var hostEnd = -1
        authority: while index < trimmed.upperBound {
            switch text[index] {
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): break authority
            case UInt8(ascii: "@"): throw .hasCredentials
            case UInt8(ascii: ":") where hostEnd < 0: hostEnd = index
            default: break
            }
            index += 1
        }
        if hostEnd >= 0 {
            try WebAddress.checkPort(text.extracting(hostEnd + 1..<index))
        } else {
            hostEnd = index
        }
        host = hostStart..<hostEnd
        path = index
        self.text = trimmed
        try WebAddress.checkHost(text.extracting(host))
    }

    public init(_ text: String) throws(ValueFault) {
        let bytes = Array(text.utf8)
        self = try WebAddress(parsing: bytes.span)
    }

    func append(_ source: Span<UInt8>, to bytes: inout [UInt8]) {
        for index in text.lowerBound..<host.upperBound { bytes.append(source[index].lowercased) }
        bytes.append(source.extracting(host.upperBound..<text.upperBound))
    }

    /// Whether something like `ftp:` is in front.
    static func hasScheme(_ text: Span<UInt8>) -> Bool {
        guard let colon = text.first(of: UInt8(ascii: ":")), colon > 0, text[0].isLetter else { return false }
        for index in 0..<colon {
            let byte = text[index]
            guard byte.isLetter || byte.isDigit || byte == 0x2B || byte == 0x2D else { return false }
        }
        return true
    }

    private static func checkCharacters(_ text: Span<UInt8>) throws(ValueFault) -> Bool {
        var all: UInt8 = 0
        for index in 0..<text.count {
            let byte = text[index]
            all |= byte
            if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "%") {
                if byte == 0x20 { throw .hasSpace }
                guard byte == UInt8(ascii: "%") else { throw .hasControl }
                guard index + 2 < text.count, text[index + 1].isHexadecimal, text[index + 2].isHexadecimal else {
                    throw .badPercentEncoding
                }
            }
        }
        return all < 0x80
    }

    private static func checkPort(_ text: Span<UInt8>) throws(ValueFault) {
        guard (1...5).contains(text.count) else { throw .portInvalid }
        var port = 0
        for index in 0..<text.count {
            guard text[index].isDigit else { throw .portInvalid }
            port = port * 10 + Int(text[index] &- 0x30)
        }
        guard (1...65_535).contains(port) else { throw .portInvalid }
    }

    private static func checkHost(_ host: Span<UInt8>) throws(ValueFault) {
        guard (1...253).contains(host.count) else { throw .hostInvalid }
        var label = 0
        var labels = 0
        var lastIsNumber = true
        for index in 0..<host.count {
            let byte = host[index]
            if byte == UInt8(ascii: ".") {
                guard label > 0, host[index - 1] != UInt8(ascii: "-") else { throw .hostInvalid }
                if index == host.count - 1 { break }
                labels += 1
                label = 0
                lastIsNumber = true
                continue
            }
            let isInner = byte == UInt8(ascii: "-") ? label > 0 : byte == UInt8(ascii: "_")
            guard byte.isLetter || byte.isDigit || byte >= 0x80 || isInner else { throw .hostInvalid }
            if !byte.isDigit { lastIsNumber = false }
            label += 1
            guard label <= 63 else { throw .hostInvalid }
        }
        guard host[host.count - 1] != UInt8(ascii: "-") else { throw .hostInvalid }
        if labels == 0 { throw .hostNotPublic }
        if lastIsNumber { return try checkNumbers(host) }
        // Most top-level domains are shorter than any of these.
        guard label >= 4 else { return }
        for suffix: StaticString in [".local", ".localhost", ".internal", ".test", ".invalid", ".example"] {
            let count = suffix.utf8CodeUnitCount
            if host.count > count, host.extracting(host.count - count..<host.count).equalsIgnoringCase(suffix) {
                throw .hostNotPublic
            }
        }
    }

    /// Four numbers of an address of IP version 4.
    private static func checkNumbers(_ host: Span<UInt8>) throws(ValueFault) {
        var parts: (Int, Int) = (0, 0)
        var part = 0
        var value = 0
        var digits = 0
        for index in 0...host.count {
            if index < host.count, host[index].isDigit {
                value = value * 10 + Int(host[index] &- 0x30)
                digits += 1
                guard digits <= 3 else { throw .hostInvalid }
                continue
            }
            guard digits > 0, value <= 255 else { throw .hostInvalid }
            if part == 0 { parts.0 = value }
            if part == 1 { parts.1 = value }
            part += 1
            value = 0
            digits = 0
        }
        guard part == 4 else { throw .hostInvalid }
        switch parts {
        case (0, _), (10, _), (127, _), (169, 254), (192, 168), (172, 16...31), (100, 64...127), (224..., _):
            throw .hostNotPublic
        default: return
        }
    }
}

extension UInt8 {
    var isHexadecimal: Bool { isDigit || lowercased &- 0x61 < 6 }
}
