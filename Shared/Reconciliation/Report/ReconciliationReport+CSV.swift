extension ReconciliationReport {
    /// The differences that the report holds, one a line under a line of headers; the columns are in README.md.
    public func differencesCSV() -> String {
        var text = ReportCSV.line([
            "id", "check", "class", "time", "advertiser_id", "campaign_id", "currency", "key", "difference",
            "difference_nanos", "columns", "events", "event_count", "explanation",
        ])
        for difference in differences {
            func key(_ name: String) -> String { difference.key.first { $0.name == name }?.value ?? "" }
            let time = difference.key.first { Self.timeKeys.contains($0.name) }?.value ?? ""
            let columns = difference.columns.map { "\($0.name): \($0.expected ?? "none") -> \($0.actual ?? "none")" }
            text += ReportCSV.line([
                name(of: difference), difference.check, difference.class.rawValue, time, key("advertiser_id"),
                key("campaign_id"), difference.currency ?? key("currency"),
                difference.key.map { "\($0.name)=\($0.value)" }.joined(separator: " "),
                Nanos(difference.nanos)?.units(grouped: false) ?? "", difference.nanos,
                columns.joined(separator: "; "), difference.events.map(\.text).joined(separator: " "),
                String(difference.eventCount), difference.explanation,
            ])
        }
        return text
    }

    /// The checks, one a line under a line of headers.
    public func checksCSV() -> String {
        var text = ReportCSV.line(["check", "title", "status", "compared", "differing", "note"])
        for check in checks {
            text += ReportCSV.line([
                check.name, check.title, check.status.rawValue, String(check.compared), String(check.differing),
                check.note ?? "",
            ])
        }
        return text
    }

    /// What `sluice reconcile explain` takes: "3f2a90c1d2e4b567-1".
    public func name(of difference: Difference) -> String { "\(id)-\(difference.number)" }

    private static let timeKeys: Set<String> = ["minute", "hour", "day"]
}

extension ReconciliationReport.EventPlace {
    /// "ad-events/3/1024": topic, partition and offset.
    public var text: String { "\(topic)/\(partition)/\(offset)" }
}
