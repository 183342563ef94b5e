import Postgres

/// The adjustments that the log confirms, with what they add to each level: their share of the results is kept in rows of
/// its own (source `a`).
struct LedgerTruth {
    struct Share: Equatable {
        var adjustments: Int64 = 0
        var nanos: Int128 = 0
    }

    /// Of each id the copy that counts: the first of its partition. Where several partitions have one, the log does not
    /// say which came first, so the ledger's choice is taken where it is one of them.
    private(set) var counted: [RecountedAdjustment] = []
    private(set) var shares: [SpendLevel: [SpendRowKey: Share]] = [:]

    init(_ ledger: any RecountedLedger, stored: [RecountedAdjustment.ID: StoredAdjustment], _ zones: ZoneTable) throws {
        for (id, copies) in ledger.copies.sorted(by: { $0.key < $1.key }) {
            let partition = stored[id]?.partition
            guard let copy = copies.first(where: { $0.partition == partition }) ?? copies.first else { continue }
            counted.append(copy)
        }
        for adjustment in counted { try add(adjustment, zones) }
    }

    private mutating func add(_ given: RecountedAdjustment, _ zones: ZoneTable) throws {
        let letters = given.currency.utf8.reduce(0) { $0 << 8 | UInt32($1) }
        let hour = given.eventTime - given.eventTime % 3_600_000
        let minute = given.eventTime - given.eventTime % 60_000
        let day = try zones.day(ofAdvertiser: given.advertiser, at: minute) * ZoneTable.dayMilliseconds
        for level in [SpendLevel.hour, .day, .lifetime, .adHour] {
            var key = SpendRowKey(
                level: level, partition: given.partition, start: 0, campaign: given.campaign,
                advertiser: given.advertiser, currency: letters)
            switch level {
            case .day: key.start = day
            case .hour: key.start = hour
            case .adHour:
                key.start = hour
                key.first = given.adGroup
                key.second = given.ad
            default: break
            }
            shares[level, default: [:]][key, default: Share()].adjustments += 1
            shares[level, default: [:]][key, default: Share()].nanos += Int128(given.amountNanos)
        }
    }
}

/// An adjustment as the ledger has it.
struct StoredAdjustment {
    var partition: Int32
    /// The fields as text, by their columns' names; the moment in milliseconds.
    var fields: [(name: String, value: String)]
    var nanos: Int128
    var currency: String
    var repeats: Int64
    var conflicts: Int64

    /// What the log's copy has in these columns.
    static func fields(_ given: RecountedAdjustment) -> [(name: String, value: String)] {
        [
            ("event_time_ms", String(given.eventTime)), ("advertiser_id", String(given.advertiser)),
            ("campaign_id", String(given.campaign)), ("ad_group_id", String(given.adGroup)),
            ("ad_id", String(given.ad)), ("amount_nanos", String(given.amountNanos)), ("currency", given.currency),
            ("reason", given.reason), ("reference", given.reference), ("source_partition", String(given.partition)),
        ]
    }

    static func read(_ snapshot: ResultSnapshot) throws -> [RecountedAdjustment.ID: StoredAdjustment] {
        let rows = try snapshot.cursor(
            """
            SELECT adjustment_id, trim_scale(extract(epoch FROM event_time) * 1000)::text, advertiser_id, campaign_id,
                ad_group_id, ad_id, amount_nanos, currency, reason, reference, source_partition, repeats, conflicts
            FROM \(snapshot.spend("adjustment"))
            """)
        let names = [
            "event_time_ms", "advertiser_id", "campaign_id", "ad_group_id", "ad_id", "amount_nanos", "currency",
            "reason",
            "reference", "source_partition",
        ]
        var stored: [RecountedAdjustment.ID: StoredAdjustment] = [:]
        while let row = try rows.next() {
            let bytes = try row.bytes(0)
            let id = RecountedAdjustment.ID(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
            var fields: [(name: String, value: String)] = []
            for (place, name) in names.enumerated() { fields.append((name, try row.string(place + 1))) }
            stored[id] = StoredAdjustment(
                partition: Int32(truncatingIfNeeded: try row.int64(10)), fields: fields,
                nanos: (try? row.int128(6)) ?? 0, currency: try row.string(7), repeats: try row.int64(11),
                conflicts: try row.int64(12))
        }
        return stored
    }
}
