/// One difference as the page shows it.
struct DifferenceCard {
    /// How many the page shows; the first are the largest.
    static let shown = 20

    struct ColumnRow {
        var columnLabel: String
        var columnExpected: String
        var columnActual: String
        var columnDifference: String
        /// The exact nanos, where it is an amount of money that differs.
        var columnNanos: String?
        var columnDiffers: Bool
    }
    struct ClassRow {
        var className: String
        var classCount: String
        var classChecks: String
    }

    var cardName: String
    var cardNumber: String
    var cardWords: String
    var cardCheck: String
    var cardAmount: String?
    var cardKey: [ReportPage.Term]
    var cardHasColumns: Bool
    var cardColumns: [ColumnRow]
    var cardExplanation: String
    var cardEvents: [String]
    var cardHasEvents: Bool
    var cardMoreEvents: String?
    var cardCommand: String

    init(_ difference: ReconciliationReport.Difference, in report: ReconciliationReport) {
        let nanos = Nanos(difference.nanos) ?? Nanos(0)
        cardName = "difference-\(difference.number)"
        cardNumber = Nanos.count(Int64(difference.number))
        cardWords = difference.class.words
        cardCheck = report.checks.first { $0.name == difference.check }?.title ?? difference.check
        cardAmount = nanos == Nanos(0) ? nil : "\(nanos.units(signed: true)) \(difference.currency ?? "")"
        cardKey = difference.key.map { ReportPage.Term(term: Self.label($0.name), detail: Self.value($0.value)) }
        cardColumns = difference.columns.map { Self.row($0, currency: difference.currency) }
        cardHasColumns = !cardColumns.isEmpty
        cardExplanation = difference.explanation
        cardEvents = difference.events.map(\.text)
        cardHasEvents = !cardEvents.isEmpty
        let more = difference.eventCount - Int64(difference.events.count)
        cardMoreEvents = more > 0 ? "and \(Nanos.count(more)) more" : nil
        cardCommand = "sluice reconcile explain \(report.name(of: difference))"
    }

    private static func row(_ column: ReconciliationReport.Column, currency: String?) -> ColumnRow {
        let (expected, actual) = (column.expected.flatMap { Nanos($0) }, column.actual.flatMap { Nanos($0) })
        let differs = column.expected != column.actual
        var difference = ""
        var nanos: String?
        let isMoney = column.name.hasSuffix("_nanos")
        func text(_ number: Nanos?, _ written: String?) -> String {
            guard let written else { return "nothing" }
            guard let number else { return written }
            return isMoney ? number.units() : number.grouped()
        }
        let isNumber = (column.expected == nil || expected != nil) && (column.actual == nil || actual != nil)
        if differs, isNumber {
            let off = (actual ?? Nanos(0)) - (expected ?? Nanos(0))
            difference = isMoney ? off.units(signed: true) : off.grouped(signed: true)
            if isMoney {
                nanos =
                    "in nanos: \(expected?.grouped() ?? "nothing") by the log, \(actual?.grouped() ?? "nothing") found, "
                    + "\(off.grouped(signed: true))"
            }
        }
        return ColumnRow(
            columnLabel: label(column.name) + (isMoney ? currency.map { ", \($0)" } ?? "" : ""),
            columnExpected: text(expected, column.expected), columnActual: text(actual, column.actual),
            columnDifference: difference, columnNanos: nanos, columnDiffers: differs)
    }

    /// Of each class how many there are, and in which checks. What they come to is not added up, because levels hold the same money.
    static func classRows(_ differences: [ReconciliationReport.Difference]) -> [ClassRow] {
        var counts: [ReconciliationReport.Class: Int64] = [:]
        var checks: [ReconciliationReport.Class: Set<String>] = [:]
        for difference in differences {
            counts[difference.class, default: 0] += 1
            checks[difference.class, default: []].insert(difference.check)
        }
        return ReconciliationReport.Class.allCases.compactMap { kind in
            counts[kind].map { count in
                ClassRow(
                    className: kind.words, classCount: Nanos.count(count),
                    classChecks: (checks[kind] ?? []).sorted().joined(separator: ", "))
            }
        }
    }

    /// "campaign_id" as "Campaign", "spend_nanos" as "Spend".
    static func label(_ name: String) -> String {
        var text = name
        for suffix in ["_nanos", "_id"] where text.hasSuffix(suffix) && text.utf8.count > suffix.utf8.count {
            text.removeLast(suffix.count)
        }
        text = text.replacing("_", with: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    /// "2026-01-15T08:00:00Z" as "2026-01-15 08:00:00 UTC"; everything else as it is.
    private static func value(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[19] == UInt8(ascii: "Z"),
            CivilTime.day(text.prefix(10)) != nil
        else { return text }
        return "\(text.prefix(10)) \(text.dropFirst(11).dropLast()) UTC"
    }
}
