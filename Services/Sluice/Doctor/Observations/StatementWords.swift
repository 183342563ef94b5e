/// The beginning of an SQL statement without anything that may be a value: statements can hold data of people.
enum StatementWords {
    /// At most six words, up to the first that is no keyword or plain name.
    static func of(_ sql: String) -> String {
        var words: [Substring] = []
        for word in sql.split(whereSeparator: { $0.isWhitespace }).prefix(6) {
            let isName = word.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "\"") || (0x30...0x39).contains($0)
            }
            guard isName, let first = word.utf8.first, !(0x30...0x39).contains(first) else { break }
            words.append(word)
        }
        return words.joined(separator: " ")
    }
}
