/// Takes passwords out of text that people may see.
///
/// A libpq connection string may carry a password in either of its forms (PostgreSQL manual, 34.1.1 Connection
/// Strings), although the secret belongs into a file.
public enum ConnectionText {
    /// The text with the value of every `password`-like setting, and the password of every URI, as `<secret>`.
    public static func redacted(_ text: String) -> String {
        String(redactSettings(redactURI(Text(text.unicodeScalars))))
    }

    // Scalar by scalar, as libpq reads it byte by byte: an equals sign or a quote with something that combines with it
    // is another `Character`.
    private typealias Text = String.UnicodeScalarView
    private static let mark = "<secret>".unicodeScalars

    /// `scheme://user:password@host` becomes `scheme://user:<secret>@host`. A password may itself hold an @ or a /:
    /// everything up to the last @ goes.
    private static func redactURI(_ text: Text) -> Text {
        guard let scheme = text.firstRange(of: "://".unicodeScalars) else { return text }
        // In a text the URI ends at a blank; for libpq a string that begins as a URI is one to its end.
        let rest = text[scheme.upperBound...]
        let authority = isURI(text) ? rest : rest.prefix { !$0.properties.isWhitespace }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return text
        }
        return Text(text[...colon]) + mark + text[at...]
    }

    /// Whether libpq takes all of the text for one URI.
    private static func isURI(_ text: Text) -> Bool {
        ["postgres://", "postgresql://"].contains { text.starts(with: $0.unicodeScalars) }
    }

    /// `password=…` in a list of settings or in a URI's query, with libpq's quoting ('…' with \' inside).
    private static func redactSettings(_ text: Text) -> Text {
        var result = Text()
        var rest = text[...]
        while let equals = rest.firstIndex(of: "=") {
            let name = settingName(before: equals, in: rest)
            let isInURI = text[..<equals].reversed().prefix { !$0.properties.isWhitespace }.contains("?")
            result += rest[...equals]
            rest = rest[rest.index(after: equals)...]
            guard secretWords.contains(where: { name.contains($0) }) else { continue }
            let blanks = rest.prefix { $0.properties.isWhitespace }
            let value = rest.dropFirst(blanks.count)
            let end = isURI(text) ? endOfURIValue(rest) : endOfValue(value, isInURI: isInURI)
            result += (isURI(text) ? Text() : Text(blanks)) + mark
            rest = rest[end...]
        }
        return result + rest
    }

    private static let secretWords = ["password", "passwd", "pwd", "secret", "token"]

    private static func settingName(before equals: Text.Index, in text: Text.SubSequence) -> String {
        let head = text[..<equals].reversed().drop { $0.properties.isWhitespace }
        let name = head.prefix { scalar in
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_-.%".unicodeScalars.contains(scalar)
        }
        return percentDecoded(name.reversed()).lowercased()
    }

    /// A URI may spell the letters of a name as bytes in hexadecimal.
    private static func percentDecoded(_ name: [Unicode.Scalar]) -> String {
        var result = Text()
        var rest = name[...]
        while let scalar = rest.popFirst() {
            if scalar == "%", rest.count >= 2, let byte = UInt8(String(Text(rest.prefix(2))), radix: 16) {
                result.append(Unicode.Scalar(byte))
                rest = rest.dropFirst(2)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// In a URI libpq knows neither quotes nor blanks: a value goes to the next ampersand.
    private static func endOfURIValue(_ text: Text.SubSequence) -> Text.Index {
        text.firstIndex(of: "&") ?? text.endIndex
    }

    /// In a list of settings an ampersand is part of a value, but for a URI within a text.
    private static func endOfValue(_ text: Text.SubSequence, isInURI: Bool) -> Text.Index {
        let isQuoted = text.first == "'"
        var index = isQuoted ? text.index(after: text.startIndex) : text.startIndex
        while index < text.endIndex {
            let scalar = text[index]
            if isQuoted ? scalar == "'" : scalar.properties.isWhitespace || (isInURI && scalar == "&") {
                // What follows a closing quote without a blank is as a rule the rest of a password that holds a quote.
                return isQuoted ? text[index...].firstIndex { $0.properties.isWhitespace } ?? text.endIndex : index
            }
            if scalar == "\\" { index = text.index(after: index) }
            if index < text.endIndex { index = text.index(after: index) }
        }
        return index
    }
}
