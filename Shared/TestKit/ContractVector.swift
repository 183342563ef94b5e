/// One line of `proto/sluice/ads/v1/vectors.jsonl`: the log of one partition, and what must come out of it by the
/// rules in README.md beside that file.
public struct ContractVector: Sendable {
    /// A record of the log, in the order in which it was appended.
    public struct LogRecord: Sendable {
        public var offset: Int64
        /// Kafka's timestamp in milliseconds of Unix time; -1 where the record has none.
        public var timestampMilliseconds: Int64
        /// The payload; nil for null, no bytes for an empty one.
        public var payload: [UInt8]?
        /// The event that the payload was written from; nil where the vector gives the bytes themselves.
        public var event: ContractEvent?
    }

    /// A row that is expected in the results.
    public struct Row: Hashable, Sendable, CustomStringConvertible {
        public var advertiserID: Int64
        public var campaignID: Int64
        /// The beginning of the minute in milliseconds of Unix time.
        public var minuteMilliseconds: Int64
        public var currency: String
        public var impressions: Int64
        public var clicks: Int64
        public var conversions: Int64
        public var videoViews: Int64
        public var invalidEvents: Int64
        /// The charges in billionths of the currency.
        public var spendNanos: Int128
        public var lateEvents: Int64

        public init(
            advertiserID: Int64, campaignID: Int64, minuteMilliseconds: Int64, currency: String,
            impressions: Int64, clicks: Int64, conversions: Int64, videoViews: Int64, invalidEvents: Int64,
            spendNanos: Int128, lateEvents: Int64
        ) {
            self.advertiserID = advertiserID
            self.campaignID = campaignID
            self.minuteMilliseconds = minuteMilliseconds
            self.currency = currency
            self.impressions = impressions
            self.clicks = clicks
            self.conversions = conversions
            self.videoViews = videoViews
            self.invalidEvents = invalidEvents
            self.spendNanos = spendNanos
            self.lateEvents = lateEvents
        }

        public var description: String {
            "(\(advertiserID), \(campaignID), \(minuteMilliseconds), \(currency): \(impressions) impressions, "
                + "\(clicks) clicks, \(conversions) conversions, \(videoViews) video views, \(invalidEvents) invalid, "
                + "\(spendNanos) nanos, \(lateEvents) late)"
        }
    }

    /// A dead letter that is expected, by its offset and the fixed code of its reason.
    public struct DeadLetter: Hashable, Sendable {
        public var offset: Int64
        public var reason: String

        public init(offset: Int64, reason: String) {
            self.offset = offset
            self.reason = reason
        }
    }

    public var name: String
    /// What the vector shows, in words.
    public var about: String
    /// How long an id is remembered, in the log's own time.
    public var horizonMilliseconds: Int64
    /// How far the watermark stays behind.
    public var outOfOrdernessMilliseconds: Int64
    public var log: [LogRecord]
    /// In no order; each combination of keys comes once.
    public var rows: [Row]
    /// In the order of their offsets.
    public var deadLetters: [DeadLetter]
    public var duplicates: Int64
    /// The watermark behind the last record; nil where there is none, because all records are dead letters.
    public var watermarkMilliseconds: Int64?
}
