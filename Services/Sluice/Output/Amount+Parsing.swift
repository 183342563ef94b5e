extension Amount {
    /// Nanos of an amount as it is typed: "100", "100.50", "-0.000000001". Nil for anything else: no exponent, no blanks, no
    /// separators of thousands, and no digit beyond the ninth decimal, because none is rounded away.
    static func nanos(_ text: some StringProtocol) -> Int128? {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative { rest.removeFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, isDigits(whole), whole.utf8.count <= 18, let units = Int128(whole) else {
            return nil
        }
        var nanos = units * 1_000_000_000
        if parts.count == 2 {
            guard isDigits(parts[1]), parts[1].utf8.count <= 9,
                let decimals = Int128(parts[1] + String(repeating: "0", count: 9 - parts[1].utf8.count))
            else { return nil }
            nanos += decimals
        }
        return isNegative ? -nanos : nanos
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}
