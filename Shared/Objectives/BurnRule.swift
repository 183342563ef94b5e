/// One pair of windows of a multi-window, multi-burn-rate alert: it fires while the budget burns faster than ``rate`` over both.
/// The long one makes sure that it matters, the short one that it still goes on.
public struct BurnRule: Sendable, Equatable {
    public enum Severity: String, Sendable, Codable, Comparable {
        case ticket, page

        public static func < (left: Severity, right: Severity) -> Bool { left == .ticket && right == .page }
    }

    public var shortSeconds: Int64
    public var longSeconds: Int64
    /// How many times faster than allowed.
    public var rate: Double
    public var severity: Severity

    /// Of a budget for 30 days: 2 % of it within an hour and 5 % within six pages; 10 % within a day or three makes a ticket.
    public static let all: [BurnRule] = [
        BurnRule(shortSeconds: 300, longSeconds: 3_600, rate: 14.4, severity: .page),
        BurnRule(shortSeconds: 1_800, longSeconds: 21_600, rate: 6, severity: .page),
        BurnRule(shortSeconds: 7_200, longSeconds: 86_400, rate: 3, severity: .ticket),
        BurnRule(shortSeconds: 21_600, longSeconds: 259_200, rate: 1, severity: .ticket),
    ]
}
