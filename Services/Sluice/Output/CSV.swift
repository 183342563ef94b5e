/// Fields of comma-separated values (RFC 4180).
enum CSV {
    /// A field of text, in quotes where it needs them.
    ///
    /// A spreadsheet takes a cell that starts with =, +, -, @, a tab or a carriage return for a formula: such text gets
    /// an apostrophe in front, inside quotes, which makes it text again. Numbers are not fields of text.
    static func field(_ text: String) -> String {
        var content = text
        var quoted = false
        if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) {
            content = "'" + text
            quoted = true
        }
        quoted = quoted || content.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        guard quoted else { return content }
        // Scalar by scalar: a quote with something that combines with it is another `Character`.
        var field = "\""
        for scalar in content.unicodeScalars {
            if scalar == "\"" { field.unicodeScalars.append(scalar) }
            field.unicodeScalars.append(scalar)
        }
        return field + "\""
    }
}
