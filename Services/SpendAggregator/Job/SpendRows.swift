import Postgres
import Schemas

/// Rows of the upsert as parameters, in buffers that are used again.
struct SpendRows {
    private var partitions = Int4ArrayBuilder()
    private var minutes = TimestamptzArrayBuilder()
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

    var count: Int { partitions.count }

    var parameters: [PostgresParameter] {
        [
            partitions.parameter, minutes.parameter, campaigns.parameter, advertisers.parameter,
            currencies.parameter, impressions.parameter, clicks.parameter, conversions.parameter,
            videoViews.parameter, invalid.parameter, late.parameter, spend.parameter,
        ]
    }

    mutating func append(_ key: SpendKey, _ delta: SpendDelta, partition: Int32) {
        partitions.append(partition)
        minutes.append(unixMilliseconds: Int64(key.minute) * 60_000)
        campaigns.append(key.campaignID)
        advertisers.append(key.advertiserID)
        let letters = key.currency.rawValue
        withUnsafeBytes(of: (letters << 8).bigEndian) { bytes in
            currencies.append(utf8: UnsafeRawBufferPointer(rebasing: bytes[0..<3]))
        }
        impressions.append(Int64(delta.impressions))
        clicks.append(Int64(delta.clicks))
        conversions.append(Int64(delta.conversions))
        videoViews.append(Int64(delta.videoViews))
        invalid.append(Int64(delta.invalidEvents))
        late.append(Int64(delta.lateEvents))
        spend.append(delta.spendNanos)
    }

    mutating func removeAll() {
        partitions.removeAll()
        minutes.removeAll()
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
    }
}
