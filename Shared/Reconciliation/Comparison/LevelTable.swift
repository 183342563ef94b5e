import Postgres

/// Where the rows of a level are, and what their columns are called.
struct LevelTable {
    var level: SpendLevel
    /// In the schema of results.
    var name: String { "\(level.name)_by_partition" }

    /// The column in which the window begins; nil for a lifetime.
    var window: String? {
        switch level {
        case .minute: "minute"
        case .day: "day"
        case .lifetime: nil
        default: "hour"
        }
    }

    /// The columns of the finer dimensions.
    var dimensions: [String] {
        switch level {
        case .adHour: ["ad_group_id", "ad_id"]
        case .placementHour: ["placement"]
        case .countryHour: ["country"]
        default: []
        }
    }

    /// Minutes come of events alone.
    var hasSource: Bool { level != .minute }

    /// When the window begins in milliseconds of Unix time; null where it has none that can be told.
    var start: String {
        switch level {
        case .lifetime: "0::int8"
        case .day: "CASE WHEN isfinite(day) THEN (day - date '1970-01-01')::int8 * 86400000 END"
        default:
            // Between milliseconds there is none: rounding could make two rows one.
            "CASE WHEN isfinite(\(window!)) AND date_trunc('milliseconds', \(window!)) = \(window!) "
                + "THEN (extract(epoch FROM \(window!)) * 1000)::int8 END"
        }
    }

    /// The row as text where it can be no event's, else null; see `key(_:)`.
    var irregularText: String {
        var conditions = ["octet_length(currency) <> 3", "\(start) IS NULL"]
        if level == .countryHour { conditions.append("octet_length(country) NOT IN (0, 2)") }
        if hasSource { conditions.append("adjustment_nanos = 'NaN'") }
        return "CASE WHEN spend_nanos = 'NaN' OR \(conditions.joined(separator: " OR ")) THEN t::text END"
    }

    /// The primary key's columns, in the order of `SpendRowKey`.
    var keyColumns: [String] {
        (window.map { [$0] } ?? []) + ["campaign_id", "advertiser_id", "currency"] + dimensions + ["source_partition"]
    }

    /// Text is ordered by its bytes.
    private var order: String {
        keyColumns.map { ["currency", "country"].contains($0) ? "\($0) COLLATE \"C\"" : $0 }.joined(separator: ", ")
    }

    /// The rows of a source whose window begins in a range, in the order of their keys: the start, campaign, advertiser,
    /// currency, two dimensions and the partition, then `measures`, then the row's whole text for those that have no key.
    ///
    /// - Parameters:
    ///   - bounds: in milliseconds; of a day the midnights of its date in UTC.
    func query(
        _ table: String, source: String, measures: String, from: Int64?, to: Int64?
    ) -> String {
        var conditions: [String] = hasSource ? ["source = '\(source)'"] : []
        if let window {
            func moment(_ milliseconds: Int64) -> String {
                level == .day
                    ? "date '1970-01-01' + \(ZoneTable.floorDay(milliseconds))"
                    : "to_timestamp(\(milliseconds)::numeric / 1000)"
            }
            if let from { conditions.append("\(window) >= \(moment(from))") }
            if let to { conditions.append("\(window) < \(moment(to))") }
        }
        let filter = conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))"
        let finer = dimensions + Array(repeating: "0", count: 2 - dimensions.count)
        return """
            SELECT \(start), campaign_id, advertiser_id, currency, \(finer.joined(separator: ", ")), source_partition,
                \(measures)
            FROM \(table) AS t\(filter) ORDER BY \(order)
            """
    }

    /// The key of a row of `query`; nil where its columns cannot be those of any event (a currency that is not three
    /// bytes, a moment between milliseconds or without end).
    func key(_ row: PostgresRow) throws -> SpendRowKey? {
        guard let start = try? row.int64(0) else { return nil }
        let currency = try row.string(3)
        guard currency.utf8.count == 3 else { return nil }
        var first: Int64
        if level == .countryHour {
            let country = try row.string(4)
            guard country.utf8.isEmpty || country.utf8.count == 2 else { return nil }
            first = country.utf8.reduce(0) { $0 << 8 | Int64($1) }
        } else {
            first = try row.int64(4)
        }
        return SpendRowKey(
            level: level, partition: Int32(truncatingIfNeeded: try row.int64(6)), start: start,
            campaign: try row.int64(1), advertiser: try row.int64(2),
            currency: currency.utf8.reduce(0) { $0 << 8 | UInt32($1) }, first: first, second: try row.int64(5))
    }
}
