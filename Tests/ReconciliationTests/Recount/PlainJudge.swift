import Reconciliation
import Schemas
import Streams
import TestKit

/// Each record's verdict and all levels' rows, by dictionaries, record by record. The decoder and the faults are those of
/// the reference; the rest is written from the contract once more.
struct PlainJudge {
    var verdicts: [(offset: Int64, verdict: EventVerdict)] = []
    var rows: [SpendRowKey: SpendCounts] = [:]
    var streamTime: Int64?
    private var seen: [[UInt8]: (offset: Int64, streamTime: Int64)] = [:]

    init(_ log: [SimulatedLog.Entry], partition: Int32, _ settings: RecountSettings) {
        let reference = ReferenceJudge(
            horizonMilliseconds: settings.horizonMilliseconds,
            outOfOrdernessMilliseconds: settings.outOfOrdernessMilliseconds, decode: Self.decode
        ).judge(log)
        let faults = Dictionary(uniqueKeysWithValues: reference.deadLetters.map { ($0.offset, $0.reason) })
        for record in log {
            let offset = record.offset.rawValue
            if let code = faults[offset] {
                verdicts.append((offset, .deadLetter(RecountFault.allCases.first { $0.code == code }!)))
                continue
            }
            let event = Self.decode(record.value!)!
            verdicts.append((offset, judge(event, record, partition, settings)))
        }
    }

    private mutating func judge(
        _ event: AdEvent, _ record: SimulatedLog.Entry, _ partition: Int32, _ settings: RecountSettings
    ) -> EventVerdict {
        let watermark = streamTime.map { $0 - settings.outOfOrdernessMilliseconds }
        var time = event.eventTimeMilliseconds
        if record.timestampMilliseconds >= 0 { time = min(time, record.timestampMilliseconds) }
        let now = max(streamTime ?? time, time)
        streamTime = now
        let id = withUnsafeBytes(of: (event.idHigh, event.idLow)) { Array($0) }
        var earlier = seen[id]
        if let lookBack = settings.lookBackMilliseconds, let known = earlier, now - known.streamTime > lookBack {
            earlier = nil
        }
        seen[id] = (record.offset.rawValue, now)
        let gap = earlier.map { now - $0.streamTime } ?? 0
        if let earlier, gap <= settings.horizonMilliseconds {
            return .duplicate(of: earlier.offset, gapMilliseconds: gap)
        }
        let minute = event.eventTimeMilliseconds / 60_000 * 60_000
        let isLate = event.invalidReason == 0 && watermark.map { minute + 60_000 <= $0 } ?? false
        add(event, minute, partition, isLate)
        if event.invalidReason != 0 { return .invalid }
        return earlier.map { .countedAgain(of: $0.offset, gapMilliseconds: gap, isLate: isLate) }
            ?? .counted(isLate: isLate)
    }

    private mutating func add(_ event: AdEvent, _ minute: Int64, _ partition: Int32, _ isLate: Bool) {
        var counts = SpendCounts()
        if event.invalidReason != 0 {
            counts.invalidEvents = 1
        } else {
            counts.impressions = event.type == 1 ? 1 : 0
            counts.clicks = event.type == 2 ? 1 : 0
            counts.conversions = event.type == 3 ? 1 : 0
            counts.videoViews = event.type == 4 ? 1 : 0
            counts.lateEvents = isLate ? 1 : 0
            if event.type == event.pricing {
                counts.spendNanos = Int128(event.priceMicros) * (event.type == 1 ? 1 : 1_000)
            }
        }
        let hour = minute / 3_600_000 * 3_600_000
        func add(_ level: SpendLevel, _ start: Int64, _ first: Int64 = 0, _ second: Int64 = 0) {
            let key = SpendRowKey(
                level: level, partition: partition, start: start, campaign: event.campaignID,
                advertiser: event.advertiserID, currency: currencyCode(event.currency.description), first: first,
                second: second)
            rows[key, default: SpendCounts()] += counts
        }
        add(.minute, minute)
        add(.hour, hour)
        add(.lifetime, 0)
        add(.adHour, hour, event.adGroupID, event.adID)
        add(.placementHour, hour, Int64(event.placement))
        add(.countryHour, hour, Int64(event.country))
    }

    static func decode(_ bytes: [UInt8]) -> AdEvent? {
        var event = AdEvent()
        return bytes.withUnsafeBytes { AdEventReader.read($0, into: &event) } ? event : nil
    }
}
