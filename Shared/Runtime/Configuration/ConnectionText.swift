/// Takes passwords out of text that people may see.
///
/// A libpq connection string may carry a password in either of its forms (PostgreSQL manual, 34.1.1 Connection
/// Strings), although the secret belongs into a file.
public enum ConnectionText {
    /// The text with the value of every `password`-like setting, and the password of every URI, as `<secret>`.
    public static func redacted(_ text: String) -> String {
        redactSettings(redactURI(text))
    }

    /// `scheme://user:password@host` becomes `scheme://user:<secret>@host`. A password may itself hold an @ or a /:
    /// everything up to the last @ goes.
    private static func redactURI(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { !$0.isWhitespace }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return text
        }
        return text[...colon] + "<secret>" + text[at...]
    }

    /// `password=…` in a list of settings or in a URI's query, with libpq's quoting ('…' with \' inside).
    private static func redactSettings(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let equals = rest.firstIndex(of: "=") {
            let name = settingName(before: equals, in: rest)
            result += rest[...equals]
            rest = rest[rest.index(after: equals)...]
            guard secretWords.contains(where: { name.contains($0) }) else { continue }
            let blanks = rest.prefix { $0.isWhitespace }
            let end = endOfValue(rest.dropFirst(blanks.count))
            result += "\(blanks)<secret>"
            rest = rest[end...]
        }
        return result + rest
    }

    private static let secretWords = ["password", "passwd", "pwd", "secret", "token"]

    private static func settingName(before equals: Substring.Index, in text: Substring) -> String {
        let head = text[..<equals].reversed().drop { $0.isWhitespace }
        let name = head.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
        return String(name.reversed()).lowercased()
    }

    private static func endOfValue(_ text: Substring) -> Substring.Index {
        guard text.first == "'" else {
            var index = text.startIndex
            while index < text.endIndex, !text[index].isWhitespace, text[index] != "&" {
                if text[index] == "\\" { index = text.index(after: index) }
                if index < text.endIndex { index = text.index(after: index) }
            }
            return index
        }
        var index = text.index(after: text.startIndex)
        while index < text.endIndex {
            if text[index] == "'" { return text.index(after: index) }
            if text[index] == "\\" { index = text.index(after: index) }
            if index < text.endIndex { index = text.index(after: index) }
        }
        return index
    }
}
