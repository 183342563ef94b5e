import Postgres

/// What people read are views: their sums must be those of the tables beneath.
extension Comparison {
    private static let viewsTitle = "Views: their sums by currency against those of the tables beneath"

    /// A view, the table that it sums up, and the column of the window.
    private static let views: [(view: String, table: String, window: String?, hasAdjustments: Bool)] = [
        ("minute", "minute_by_partition", "minute", false), ("hour", "hour_by_partition", "hour", true),
        ("day", "day_by_partition", "day", true), ("lifetime", "lifetime_by_partition", nil, true),
        ("ad_hour", "ad_hour_by_partition", "hour", true), ("ad_group_hour", "ad_hour_by_partition", "hour", true),
        ("placement_hour", "placement_hour_by_partition", "hour", false),
        ("country_hour", "country_hour_by_partition", "hour", false),
        ("advertiser_day", "day_by_partition", "day", true),
        ("advertiser_lifetime", "lifetime_by_partition", nil, true),
    ]
    private static let counted = [
        "impressions", "clicks", "conversions", "video_views", "invalid_events", "late_events", "spend_nanos",
    ]

    func compareViews() throws {
        guard options.comparesViews else { return skip("views", Self.viewsTitle, "It was not asked for.") }
        // Days and lifetimes do not begin and end with a range of hours.
        let views = Self.views.filter { !options.isBounded || ["minute", "hour"].contains($0.window) }
        let sums = views.map { view in
            let columns = Self.counted + (view.hasAdjustments ? ["adjustments", "adjustment_nanos"] : [])
            let sum = columns.map { "sum(\($0))::numeric" }.joined(separator: ", ")
            let filter = self.filter(view.window)
            func part(_ name: String) -> String {
                "SELECT currency, ARRAY[\(sum)] AS sums FROM \(snapshot.spend(name))\(filter) GROUP BY currency"
            }
            return """
                SELECT '\(view.view)' AS name, currency, t.sums AS beneath, v.sums AS shown
                FROM (\(part(view.table))) AS t FULL JOIN (\(part(view.view))) AS v USING (currency)
                """
        }
        let rows = try snapshot.cursor(
            """
            SELECT name, currency, beneath::text, shown::text, beneath IS DISTINCT FROM shown
            FROM (\(sums.joined(separator: " UNION ALL "))) AS compared ORDER BY name, currency COLLATE "C"
            """)
        var compared: Int64 = 0
        var differing: Int64 = 0
        while let row = try rows.next() {
            compared += 1
            guard try row.bool(4) else { continue }
            differing += 1
            let (view, currency) = (try row.string(0), try row.string(1))
            let beneath = Self.elements(try row.optionalString(2))
            let shown = Self.elements(try row.optionalString(3))
            let names = Self.counted + ["adjustments", "adjustment_nanos"]
            let columns = (0..<max(beneath.count, shown.count)).compactMap { place -> ReconciliationReport.Column? in
                let expected = place < beneath.count ? beneath[place] : nil
                let actual = place < shown.count ? shown[place] : nil
                return expected == actual ? nil : .init(names[place], expected: expected, actual: actual)
            }
            let nanos =
                (Int128(shown.count > 6 ? shown[6] : "0") ?? 0) - (Int128(beneath.count > 6 ? beneath[6] : "0") ?? 0)
            keep(
                .init(
                    number: 0, check: "views", class: .unknown,
                    key: [.init("view", view), .init("currency", currency)], columns: columns, nanos: String(nanos),
                    currency: currency, events: [], eventCount: 0,
                    explanation:
                        "The view \(view) does not show what the rows beneath it add up to: its definition is not the one that it was made with."
                ))
        }
        add("views", Self.viewsTitle, compared: compared, differing: differing)
    }

    private func filter(_ window: String?) -> String {
        guard let window else { return "" }
        var conditions: [String] = []
        if let from = options.fromMilliseconds {
            conditions.append("\(window) >= to_timestamp(\(from)::numeric / 1000)")
        }
        if let to = options.toMilliseconds { conditions.append("\(window) < to_timestamp(\(to)::numeric / 1000)") }
        return conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))"
    }

    /// The elements of a one-dimensional array of numbers as PostgreSQL writes it.
    private static func elements(_ text: String?) -> [String] {
        guard let text else { return [] }
        return text.dropFirst().dropLast().split(separator: ",").map(String.init)
    }
}
