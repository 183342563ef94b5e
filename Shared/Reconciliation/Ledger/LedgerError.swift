/// Why an external ledger cannot be read or compared.
public struct LedgerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// "billing.csv", "table billing.day".
    public var source: String
    /// The line of the file, counted from 1; nil where it is not about a line.
    public var line: Int?
    /// What is wrong. It holds no control characters, whatever the ledger holds.
    public var message: String
    /// What to do about it.
    public var hint: String?

    public init(source: String, line: Int? = nil, _ message: String, hint: String? = nil) {
        self.source = source
        self.line = line
        self.message = message
        self.hint = hint
    }

    public var description: String {
        let place = line.map { "\(source), line \($0): " } ?? "\(source): "
        return place + message + (hint.map { " " + $0 } ?? "")
    }

    /// A value of the ledger as an error shows it: in quotes, and not much of it.
    static func shown(_ value: some StringProtocol) -> String {
        let text = SafeText.terminal(String(value.prefix(60)))
        return "\"\(text)\(value.count > 60 ? "..." : "")\""
    }
}
