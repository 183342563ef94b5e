/// Lines of comma-separated values (RFC 4180), safe to open in a spreadsheet.
///
/// A spreadsheet takes a cell that starts with =, +, -, @, a tab or a carriage return for a formula. Such a cell gets an
/// apostrophe in front, inside quotes, which makes it text again; unless it is a plain number, which a minus may begin:
/// digits, and at most one point between digits.
enum ReportCSV {
    static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

    static func cell(_ text: String) -> String {
        var content = text
        var isQuoted = false
        if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first), !isNumber(text) {
            content = "'" + text
            isQuoted = true
        }
        isQuoted = isQuoted || content.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        guard isQuoted else { return content }
        // Scalar by scalar: a quote with something that combines with it is another `Character`.
        var cell = "\""
        for scalar in content.unicodeScalars {
            if scalar == "\"" { cell.unicodeScalars.append(scalar) }
            cell.unicodeScalars.append(scalar)
        }
        return cell + "\""
    }

    private static func isNumber(_ text: String) -> Bool {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
    }
}
