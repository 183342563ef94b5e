import Postgres
import Schemas
import Streams

/// Rows of a level as parameters, in buffers that are used again: what every level has, in the order of the functions that
/// add them (`spend.add_minutes` and its like).
struct LevelRows {
    private var partitions = Int4ArrayBuilder()
    private var windows = TimestamptzArrayBuilder()
    private var campaigns = Int8ArrayBuilder()
    private var advertisers = Int8ArrayBuilder()
    private var currencies = TextArrayBuilder()
    private var impressions = Int8ArrayBuilder()
    private var clicks = Int8ArrayBuilder()
    private var conversions = Int8ArrayBuilder()
    private var videoViews = Int8ArrayBuilder()
    private var invalid = Int8ArrayBuilder()
    private var late = Int8ArrayBuilder()
    private var spend = NumericArrayBuilder()
    private var closedUntil = TimestamptzArrayBuilder()
    // The key of a level finer than the campaign.
    private var adGroups = Int8ArrayBuilder()
    private var ads = Int8ArrayBuilder()
    private var placements = Int4ArrayBuilder()
    private var countries = TextArrayBuilder()

    var count: Int { partitions.count }

    /// - Parameter level: the finer level whose key comes between; nil for minutes.
    func parameters(_ level: SpendLevels?) -> [PostgresParameter] {
        let dimension: [PostgresParameter] =
            switch level {
            case .ads: [adGroups.parameter, ads.parameter]
            case .placements: [placements.parameter]
            case .countries: [countries.parameter]
            default: []
            }
        return [
            partitions.parameter, windows.parameter, campaigns.parameter, advertisers.parameter, currencies.parameter,
        ] + dimension + [
            impressions.parameter, clicks.parameter, conversions.parameter, videoViews.parameter, invalid.parameter,
            late.parameter, spend.parameter, closedUntil.parameter,
        ]
    }

    mutating func append(_ key: SpendKey, _ delta: SpendDelta, partition: Int32, closedUntil watermark: EventTime) {
        windows.append(unixMilliseconds: Int64(key.minute) * 60_000)
        append(key.campaignID, key.advertiserID, key.currency, delta, partition, watermark)
    }

    mutating func append(
        _ level: SpendLevels, _ key: DimensionKey, _ delta: SpendDelta, partition: Int32,
        closedUntil watermark: EventTime
    ) {
        windows.append(unixMilliseconds: Int64(key.hour) * 3_600_000)
        append(key.campaignID, key.advertiserID, key.currency, delta, partition, watermark)
        switch level {
        case .ads:
            adGroups.append(key.first)
            ads.append(key.second)
        case .placements:
            placements.append(Int32(truncatingIfNeeded: key.first))
        default:
            Self.append(letters: UInt32(truncatingIfNeeded: key.first), count: key.first == 0 ? 0 : 2, to: &countries)
        }
    }

    private mutating func append(
        _ campaign: Int64, _ advertiser: Int64, _ currency: CurrencyCode, _ delta: SpendDelta, _ partition: Int32,
        _ watermark: EventTime
    ) {
        partitions.append(partition)
        campaigns.append(campaign)
        advertisers.append(advertiser)
        Self.append(letters: currency.rawValue, count: 3, to: &currencies)
        impressions.append(Int64(delta.impressions))
        clicks.append(Int64(delta.clicks))
        conversions.append(Int64(delta.conversions))
        videoViews.append(Int64(delta.videoViews))
        invalid.append(Int64(delta.invalidEvents))
        late.append(Int64(delta.lateEvents))
        spend.append(delta.spendNanos)
        if watermark == .distantPast {
            closedUntil.appendNull()
        } else {
            closedUntil.append(unixMilliseconds: watermark.rawValue)
        }
    }

    /// The lowest bytes of a number as text, the last letter lowest.
    private static func append(letters: UInt32, count: Int, to builder: inout TextArrayBuilder) {
        withUnsafeBytes(of: letters.bigEndian) { bytes in
            builder.append(utf8: UnsafeRawBufferPointer(rebasing: bytes[(4 - count)...]))
        }
    }

    mutating func removeAll() {
        partitions.removeAll()
        windows.removeAll()
        campaigns.removeAll()
        advertisers.removeAll()
        currencies.removeAll()
        impressions.removeAll()
        clicks.removeAll()
        conversions.removeAll()
        videoViews.removeAll()
        invalid.removeAll()
        late.removeAll()
        spend.removeAll()
        closedUntil.removeAll()
        adGroups.removeAll()
        ads.removeAll()
        placements.removeAll()
        countries.removeAll()
    }
}
