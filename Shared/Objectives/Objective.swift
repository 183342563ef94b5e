import FoundationEssentials

/// One promise of a service about itself: that an indicator is good in a share of all seconds.
///
/// The service samples the indicator once a second. A second is bad where the value is above ``atMost``; one in which there is
/// nothing to measure (nil) does not count at all. Counting seconds and not events makes a quiet hour weigh as much as a busy
/// one, and makes a standstill, in which there are no events, bad.
public struct Objective: Sendable, Equatable, Codable {
    /// What follows from bad seconds.
    public enum Policy: String, Sendable, Codable {
        /// Alerts by how fast the budget of bad seconds is spent, over several windows (Google SRE Workbook, chapter 5,
        /// "Multiwindow, Multi-Burn-Rate Alerts").
        case burn
        /// Alerts at the first bad second: money that stands still, a figure that differs.
        case atOnce = "at_once"
    }

    /// Within the service: `freshness`, `completeness`, `correctness`, `availability`, …
    public var name: String
    /// For people, such as `Event to committed row`.
    public var title: String
    /// Why it is promised and what a bad second means; the dashboard shows it.
    public var why: String
    /// The metric that holds the indicator, such as `sluice_oldest_unapplied_age_seconds`. For ``Policy/atOnce`` the rule asks
    /// this metric itself.
    public var indicator: String
    /// Of the indicator: `seconds`, `partitions`, `figures`, …
    public var unit: String
    /// The largest good value.
    public var atMost: Double
    /// The share of seconds that must be good, above 0; 1 for ``Policy/atOnce``.
    public var target: Double
    public var policy: Policy
    /// The alert's name, such as `SluiceFreshness`; unique over all services.
    public var alert: String
    /// One sentence for whoever is woken up, without figures.
    public var summary: String
    /// The section of the service's runbook: `freshness` for `## Freshness`.
    public var runbook: String
    /// Alerts of the same service that are consequences of this one and are held back while it pages.
    public var inhibits: [String]?
    /// Of ``Policy/atOnce`` alone: how urgent it is; a page where nothing is said.
    public var severity: BurnRule.Severity?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, title, why, indicator, unit, target, policy, alert, summary, runbook, inhibits, severity
        case atMost = "at_most"
    }
}

/// The file `objectives.json` of a service: its objectives and the window that their budgets are for.
public struct ObjectiveFile: Sendable, Equatable, Codable {
    /// The name of the service, which is that of its scrape job.
    public var service: String
    /// The budget's window in days.
    public var windowDays: Int
    public var objectives: [Objective]
    /// What the service's dashboard shows below its objectives.
    public var panels: [DashboardPanel]?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case service, objectives, panels
        case windowDays = "window_days"
    }
}
