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

    /// The fields of a line; nil where a quote is not closed, or something stands behind a closing one.
    static func fields(_ line: some Sequence<Unicode.Scalar>) -> [String]? {
        var fields: [String] = []
        var field = ""
        var state = State.start
        for scalar in line {
            switch (state, scalar) {
            case (.start, "\""): state = .quoted
            case (.quoted, "\""): state = .quote
            case (.quote, "\""):
                field.unicodeScalars.append(scalar)
                state = .quoted
            case (.start, ","), (.plain, ","), (.quote, ","):
                fields.append(field)
                field = ""
                state = .start
            case (.quote, _): return nil
            case (.quoted, _): field.unicodeScalars.append(scalar)
            case (.start, _), (.plain, _):
                field.unicodeScalars.append(scalar)
                state = .plain
            }
        }
        return state == .quoted ? nil : fields + [field]
    }

    private enum State {
        /// Nothing of the field was read.
        case start
        case plain
        case quoted
        /// After a quote within quotes: it closes them, or another one follows.
        case quote
    }
}
