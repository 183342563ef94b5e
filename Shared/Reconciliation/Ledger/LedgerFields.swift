/// The five values of a ledger's row as text, and what they must be; the same for files and for tables.
struct LedgerFields {
    static let columns = ["advertiser_id", "campaign_id", "day", "currency", "amount"]
    static let amountRule =
        "It is digits with a point before at most nine decimals, and a minus before a credit: no separators of thousands, "
        + "no currency sign, no exponent."

    var advertiserID: String
    var campaignID: String
    var day: String
    var currency: String
    var amount: String

    /// The row; the first value that is none is the error.
    func entry(source: String, line: Int?) throws(LedgerError) -> LedgerEntry {
        func refusal(_ column: String, _ value: String, _ hint: String) -> LedgerError {
            LedgerError(
                source: source, line: line,
                value.isEmpty ? "\(column) is empty." : "\(column) \(LedgerError.shown(value)) is not one.", hint: hint)
        }
        guard let advertiser = Self.integer(advertiserID) else {
            throw refusal("advertiser_id", advertiserID, "It is a whole number of 64 bits.")
        }
        guard let campaign = Self.integer(campaignID) else {
            throw refusal("campaign_id", campaignID, "It is a whole number of 64 bits.")
        }
        guard let day = CivilTime.day(day) else { throw refusal("day", day, "It is a date like 2026-01-15.") }
        guard let currency = LedgerCurrency(currency) else {
            throw refusal("currency", currency, "It is three letters A to Z.")
        }
        guard let amount = Nanos(units: amount) else { throw refusal("amount", amount, Self.amountRule) }
        return LedgerEntry(
            LedgerKey(day: Int32(day), advertiserID: advertiser, campaignID: campaign, currency: currency),
            nanos: amount.value)
    }

    private static func integer(_ text: String) -> Int64? {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int64(text)
    }
}
