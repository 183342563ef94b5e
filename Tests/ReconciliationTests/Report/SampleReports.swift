@testable import Reconciliation

/// Reports as a reconciliation leaves them, for the tests of what is written of them.
enum SampleReports {
    typealias Report = ReconciliationReport

    static let start: Int64 = 1_767_225_600_000
    static let hour: Int64 = 3_600_000
    /// Everything that a page, a spreadsheet or a terminal might take for something else.
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "<\u{301}script>\"\u{301} onload='x'",
        "{{headline}}{{{lede}}}",
        "\u{202E}gnp.exe\u{202C}", "a\u{1B}[31mred\u{7}", "=HYPERLINK(\"http://evil\")", "+1+cmd|' /C calc'!A0",
        "]]>--><!--",
        "javascript:alert(1)", "&lt;b&gt;", "line\nbreak\rand\ttab", String(repeating: "very-long-name-", count: 40),
    ]

    /// A match over so many hours.
    static func match(hours: Int = 24, partitions: Int = 4) -> Report {
        var report = Report()
        report.createdAtMilliseconds = start + Int64(hours) * hour + 95_000
        report.program = "sluice 0.9.0 (3754a41)"
        report.scope.job = "spend-aggregator"
        report.scope.topic = "ad-events"
        report.scope.adjustmentsTopic = "spend-adjustments"
        report.scope.source = "archive /var/lib/sluice/archive, then topic ad-events"
        report.scope.fromMilliseconds = start
        report.scope.toMilliseconds = start + Int64(hours) * hour
        report.scope.horizonMilliseconds = 600_000
        report.scope.outOfOrdernessMilliseconds = 30_000
        report.scope.records = Int64(hours) * 1_234_567
        report.scope.partitions = (0..<Int32(partitions)).map { partition in
            Report.PartitionScope(
                topic: "ad-events", partition: partition, fromOffset: 1000, toOffset: 1000 + Int64(hours) * 308_641,
                logStart: 0, logEnd: Int64(hours) * 309_000 + 5000,
                contentHash: "9f3c0aa17be2d4\(partition)0")
        }
        report.checks = [
            .init(
                name: "minute", title: "Minutes of campaigns, against the log", compared: 48_212, differing: 0,
                status: .match),
            .init(
                name: "hour", title: "Hours of campaigns, against the log", compared: 4_801, differing: 0,
                status: .match),
            .init(
                name: "day", title: "Days of campaigns, against the log and the zone table", compared: 412,
                differing: 0, status: .match),
            .init(
                name: "ad_hour", title: "Hours of ads, against the log", compared: 20_114, differing: 0, status: .match),
            .init(
                name: "dead_letters", title: "Dead letters, against the records that cannot be used", compared: 17,
                differing: 0, status: .match),
            .init(
                name: "progress", title: "Recorded progress, against the log's ends", compared: Int64(partitions),
                differing: 0, status: .match),
            .init(
                name: "budget", title: "Budget signals, against the spend at their offsets", compared: 0, differing: 0,
                status: .notChecked, note: "No topic of budgets is configured."),
        ]
        for (index, currency) in ["EUR", "USD", "JPY"].enumerated() {
            var total = Report.CurrencyTotal(currency: currency)
            var sum: Int128 = 0
            for number in 0..<hours {
                let nanos = Int128(amount(number, of: index))
                sum += nanos
                report.hours.append(
                    .init(
                        startMilliseconds: start + Int64(number) * hour, currency: currency,
                        expectedNanos: String(nanos),
                        actualNanos: String(nanos), differingRows: 0))
            }
            total.expectedNanos = String(sum)
            total.actualNanos = String(sum)
            total.adjustmentNanos = index == 0 ? "-12500000000" : "0"
            total.impressions = Int64(hours) * 900_000 / Int64(index + 1)
            total.clicks = Int64(hours) * 8_000 / Int64(index + 1)
            total.conversions = Int64(hours) * 120
            total.videoViews = Int64(hours) * 50_000
            report.totals.append(total)
        }
        report.method = [
            "Every record of the offsets below was read again from the log, in offset order, and judged by the contract.",
            "Charges were added up by sorting and merging, with integers of 128 bits; nothing was rounded.",
            "The results were read in one snapshot of the database, together with the offsets up to which they hold.",
        ]
        report.assumptions = [
            "The log holds what was sent: what a producer never sent cannot be missed here.",
            "Views that hold totals were compared through the tables they are made of.",
        ]
        report.signatures = [
            .init("Records", "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"),
            .init("Database", "PostgreSQL 15.8, snapshot 00000003-0000001B-1"),
        ]
        report.findings = [
            .init(
                class: .duplicateBeyondHorizon, count: 3, nanos: [.init("EUR", "357500000")],
                events: [.init(topic: "ad-events", partition: 1, offset: 812_344)],
                explanation:
                    "Copies that came more than 10 minutes after the first were counted again, as the contract says.")
        ]
        report.cost.wallMilliseconds = 48_200
        report.cost.cpuMilliseconds = 91_300
        return report
    }

    /// Spend of an hour that looks like a day's curve, in nanos.
    static func amount(_ number: Int, of index: Int) -> Int64 {
        let curve = [2, 1, 1, 1, 2, 4, 7, 11, 15, 17, 18, 19, 21, 20, 19, 18, 19, 22, 26, 28, 25, 18, 10, 5]
        let base = Int64(curve[number % 24]) * 41_000_000_000 + Int64(number % 7) * 3_100_000_001
        return base * (index == 2 ? 150 : 1) / Int64(index + 1)
    }

    /// A mismatch with so many differences.
    static func mismatch(hours: Int = 24, differences: Int = 7) -> Report {
        var report = match(hours: hours)
        report.verdict = .mismatch
        report.differenceCount = Int64(differences)
        report.checks[0].status = .mismatch
        report.checks[0].differing = Int64(differences)
        report.checks[1].status = .mismatch
        report.checks[1].differing = 2
        report.totals[0].actualNanos = String(Int128(report.totals[0].actualNanos)! - 2_500_000)
        report.totals[1].actualNanos = String(Int128(report.totals[1].actualNanos)! + 12_000_000_001)
        for (place, off) in [(hours / 3, -2_500_000), (hours + hours / 2, 12_000_000_001), (hours / 5, 0)] {
            report.hours[place].actualNanos = String(Int128(report.hours[place].actualNanos)! + Int128(off))
            report.hours[place].differingRows = 2
        }
        let classes = Report.Class.allCases
        report.differences = (0..<min(differences, 200)).map { index in
            let kind = classes[index % classes.count]
            let nanos = index % 3 == 2 ? 0 : (index % 2 == 0 ? 12_000_000_001 : -2_500_000)
            return Report.Difference(
                number: index + 1, check: index % 2 == 0 ? "minute" : "hour", class: kind,
                key: [
                    .init(index % 2 == 0 ? "minute" : "hour", "2026-01-01T08:17:00Z"), .init("advertiser_id", "7"),
                    .init("campaign_id", "\(7000 + index)"), .init("currency", "USD"),
                ],
                columns: [
                    .init("impressions", expected: "1204", actual: "1204"),
                    .init("clicks", expected: "31", actual: "30"),
                    .init("spend_nanos", expected: "412500000000", actual: String(412_500_000_000 + nanos)),
                ],
                nanos: String(nanos), currency: "USD",
                events: (0..<min(index + 1, 5)).map {
                    .init(topic: "ad-events", partition: 2, offset: 88_213 + Int64($0))
                },
                eventCount: Int64(index + 1),
                explanation: "One event of the log is not in this row: the row would be right with it.")
        }
        report.external = .init(
            source: "file billing-2026-01.csv", toleranceNanos: "10000000", tolerancePercent: "0.1", compared: 1204,
            within: 1201, differing: 2, missingThere: 1, missingHere: 0)
        return report
    }

    /// A mismatch whose every text is hostile.
    static func hostileReport() -> Report {
        var report = mismatch(differences: hostile.count)
        report.program = hostile[0]
        report.scope.job = hostile[1]
        report.scope.topic = hostile[2]
        report.scope.source = hostile[4] + hostile[12]
        for (index, text) in hostile.enumerated() {
            report.differences[index].explanation = text
            report.differences[index].check = text
            report.differences[index].key[0] = .init(text, text)
            report.differences[index].columns[0] = .init(text, expected: text, actual: nil)
            report.differences[index].events = [.init(topic: text, partition: 0, offset: 1)]
            report.differences[index].currency = text
            report.method.append(text)
            report.assumptions.append(text)
            report.signatures.append(.init(text, text))
            report.checks.append(
                .init(name: text, title: text, compared: 1, differing: 1, status: .mismatch, note: text))
            report.findings.append(
                .init(
                    class: .unknown, count: 1, nanos: [.init(text, "1")],
                    events: [.init(topic: text, partition: 0, offset: 1)], explanation: text))
            report.totals.append(Report.CurrencyTotal(currency: text))
        }
        report.hours.append(
            .init(
                startMilliseconds: start, currency: hostile[1], expectedNanos: "5", actualNanos: "4", differingRows: 1))
        report.totals.insert(Report.CurrencyTotal(currency: hostile[1]), at: 0)
        report.external?.source = hostile[1]
        report.external?.tolerancePercent = hostile[0]
        return report
    }

    static func obstacle() -> Report {
        var report = Report()
        report.createdAtMilliseconds = start
        report.program = "sluice 0.9.0"
        report.verdict = .couldNotCompare
        report.obstacle = "The topic ad-events no longer holds partition 2 from offset 1000 on: its log begins at 5212."
        report.scope.job = "spend-aggregator"
        report.scope.topic = "ad-events"
        report.scope.fromMilliseconds = start
        report.scope.toMilliseconds = start + hour
        return report
    }

    static func empty() -> Report {
        var report = Report()
        report.createdAtMilliseconds = start
        report.scope.topic = "ad-events"
        return report
    }

    /// All of them by name.
    static func all() -> [String: Report] {
        [
            "match": match(), "mismatch": mismatch(differences: 45), "hostile": hostileReport(), "obstacle": obstacle(),
            "empty": empty(), "month": mismatch(hours: 744, differences: 1240),
            "hour": mismatch(hours: 1, differences: 2),
            "two-hours": match(hours: 2), "three-hours": match(hours: 3),
        ]
    }
}
