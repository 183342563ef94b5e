import Connectors
import Postgres
import Schemas
import Testing

/// What every level must hold, folded from the events and adjustments alone: dictionaries from a key in text to impressions,
/// clicks, conversions, video views, invalid events, late events, charges, adjustments and their amounts.
struct LevelTruth {
    private(set) var levels: [String: [String: [Int128]]] = [:]
    /// How far each advertiser's days are ahead of UTC, in minutes; none: UTC.
    let zoneMinutes: [Int64: Int64]

    init(zoneMinutes: [Int64: Int64] = [:]) { self.zoneMinutes = zoneMinutes }

    private mutating func add(_ figures: [Int128], to level: String, _ key: [String]) {
        let key = key.joined(separator: " ")
        let before = levels[level]?[key] ?? Array(repeating: 0, count: 9)
        levels[level, default: [:]][key] = zip(before, figures).map { $0 + $1 }
    }

    /// Adds what belongs to a campaign at a moment to the levels that have both charges and adjustments.
    private mutating func add(
        _ figures: [Int128], at time: Int64, campaign: Int64, advertiser: Int64, group: Int64, ad: Int64,
        currency: String
    ) {
        let hour = "\(time / 3_600_000)"
        let local = time + (zoneMinutes[advertiser] ?? 0) * 60_000
        let day = "\((local - ((local % 86_400_000) + 86_400_000) % 86_400_000) / 86_400_000)"
        let key = ["\(advertiser)", "\(campaign)", currency]
        add(figures, to: "hour", [hour] + key)
        add(figures, to: "day", [day] + key)
        add(figures, to: "lifetime", key)
        add(figures, to: "ad_hour", [hour] + key + ["\(group)", "\(ad)"])
        add(figures, to: "ad_group_hour", [hour] + key + ["\(group)"])
        add(figures, to: "advertiser_day", [day, "\(advertiser)", currency])
        add(figures, to: "advertiser_lifetime", ["\(advertiser)", currency])
    }

    mutating func add(_ event: AdEvent, isLate: Bool) {
        var figures: [Int128] = Array(repeating: 0, count: 9)
        if event.invalidReason != 0 {
            figures[4] = 1
        } else {
            figures[Int(event.type) - 1] = 1
            figures[5] = isLate ? 1 : 0
            // A thousand impressions cost the price, and so does one of what the other models are about.
            if event.type == event.pricing {
                figures[6] = event.type == 1 ? Int128(event.priceMicros) : Int128(event.priceMicros) * 1_000
            }
        }
        let time = event.eventTimeMilliseconds
        let currency = event.currency.description
        let key = ["\(event.advertiserID)", "\(event.campaignID)", currency]
        let letters = event.country == 0 ? [] : [UInt8(event.country >> 8), UInt8(event.country & 0xFF)]
        add(figures, to: "minute", ["\(time / 60_000)"] + key)
        add(figures, to: "placement_hour", ["\(time / 3_600_000)"] + key + ["\(event.placement)"])
        add(
            figures, to: "country_hour",
            ["\(time / 3_600_000)"] + key + ["<\(String(decoding: letters, as: UTF8.self))>"])
        add(
            figures, at: time, campaign: event.campaignID, advertiser: event.advertiserID, group: event.adGroupID,
            ad: event.adID, currency: currency)
    }

    mutating func add(_ adjustment: GivenAdjustment) {
        var figures: [Int128] = Array(repeating: 0, count: 9)
        figures[7] = 1
        figures[8] = Int128(adjustment.nanos)
        add(
            figures, at: adjustment.time, campaign: adjustment.campaign, advertiser: adjustment.advertiser,
            group: adjustment.adGroup, ad: adjustment.ad, currency: adjustment.currency)
    }

    mutating func merge(_ other: LevelTruth) {
        for (level, rows) in other.levels {
            for (key, figures) in rows { add(figures, to: level, [key]) }
        }
    }

    // MARK: Comparison

    private static let names = [
        "minute", "hour", "day", "lifetime", "ad_hour", "ad_group_hour", "placement_hour", "country_hour",
        "advertiser_day", "advertiser_lifetime",
    ]

    /// The levels as the views show them, in the same form.
    static func levels(
        of fixture: StoreFixture, on connection: PostgresConnection? = nil
    ) throws -> [String: [String: [Int128]]] {
        var found: [String: [String: [Int128]]] = [:]
        for name in names {
            let window =
                switch name {
                case "lifetime", "advertiser_lifetime": ""
                case "day", "advertiser_day": "day - date '1970-01-01' || ' ' || "
                case "minute": "extract(epoch FROM minute)::int8 / 60 || ' ' || "
                default: "extract(epoch FROM hour)::int8 / 3600 || ' ' || "
                }
            let campaign = name.hasPrefix("advertiser") ? "" : "campaign_id || ' ' || "
            let rest =
                switch name {
                case "ad_hour": " || ' ' || ad_group_id || ' ' || ad_id"
                case "ad_group_hour": " || ' ' || ad_group_id"
                case "placement_hour": " || ' ' || placement"
                case "country_hour": " || ' <' || country || '>'"
                default: ""
                }
            let adjusts = !["minute", "placement_hour", "country_hour"].contains(name)
            let rows = try (connection ?? fixture.connection).query(
                fixture.qualify(
                    """
                    SELECT \(window)advertiser_id || ' ' || \(campaign)currency\(rest) AS key, impressions, clicks,
                        conversions, video_views, invalid_events, late_events, spend_nanos,
                        \(adjusts ? "adjustments, adjustment_nanos" : "0, 0")
                    FROM "spend".\(name)
                    """))
            var level: [String: [Int128]] = [:]
            for row in rows { level[try row.string(0)] = try (1...9).map { try row.int128($0) } }
            found[name] = level
        }
        return found
    }

    /// Expects the views to show this and nothing else.
    func expect(
        _ fixture: StoreFixture, on connection: PostgresConnection? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try Self.levels(of: fixture, on: connection)
        for name in Self.names {
            let expected = levels[name] ?? [:]
            let shown = found[name] ?? [:]
            let wrong = Set(expected.keys).union(shown.keys).filter { expected[$0] != shown[$0] }.sorted()
            if let key = wrong.first {
                Issue.record(
                    """
                    \(wrong.count) rows of \(name) differ, such as \(key): \
                    expected \(expected[key]?.description ?? "none"), found \(shown[key]?.description ?? "none")
                    """, sourceLocation: sourceLocation)
            }
        }
    }

    /// What one state of the tables says of itself: each level folded from the rows of the one below.
    static func expectSums(_ fixture: StoreFixture, on connection: PostgresConnection) throws {
        let levels = try levels(of: fixture, on: connection)
        func fold(_ level: String, charges: Bool = false, _ key: ([Substring]) -> [Substring]) -> [String: [Int128]] {
            var sums: [String: [Int128]] = [:]
            for (text, figures) in levels[level] ?? [:] {
                let name = key(text.split(separator: " ")).joined(separator: " ")
                let kept = charges ? Array(figures[..<7]) : figures
                sums[name] = sums[name].map { zip($0, kept).map { $0 + $1 } } ?? kept
            }
            return sums.filter { $0.value.contains { $0 != 0 } }
        }
        let hours = fold("hour") { Array($0) }
        let charged = fold("hour", charges: true) { Array($0) }
        func same(_ a: [String: [Int128]], _ b: [String: [Int128]], _ what: Comment) { #expect(a == b, what) }
        same(
            fold("minute", charges: true) { ["\((Int64($0[0]) ?? 0) / 60)"] + $0[1...] }, charged, "hours of minutes")
        same(fold("ad_hour") { Array($0[..<4]) }, hours, "hours of ads")
        same(fold("ad_group_hour") { Array($0[..<4]) }, hours, "hours of ad groups")
        same(fold("placement_hour", charges: true) { Array($0[..<4]) }, charged, "hours of placements")
        same(fold("country_hour", charges: true) { Array($0[..<4]) }, charged, "hours of countries")
        same(fold("day") { Array($0[1...]) }, fold("lifetime") { Array($0) }, "lifetimes of days")
        same(fold("hour") { Array($0[1...]) }, fold("lifetime") { Array($0) }, "lifetimes of hours")
        same(fold("day") { [$0[0], $0[1], $0[3]] }, fold("advertiser_day") { Array($0) }, "days of advertisers")
        same(
            fold("lifetime") { [$0[0], $0[2]] }, fold("advertiser_lifetime") { Array($0) }, "lifetimes of advertisers")
    }
}
