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

    /// The lengths of all windows in seconds, ascending.
    public static let windows: [Int64] = Set(all.flatMap { [$0.shortSeconds, $0.longSeconds] }).sorted()

    /// A window's length as Prometheus writes it: `5m`, `1h`, `3d`.
    public static func name(ofWindow seconds: Int64) -> String {
        for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] as [(String, Int64)]
        where seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
