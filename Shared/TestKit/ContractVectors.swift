import Foundation

/// Loads the vectors of the contract of ad events.
public enum ContractVectors {
    /// What is wrong with the file, and in which line.
    public struct Failure: Error, CustomStringConvertible {
        public var path: String
        public var line: Int
        public var message: String
        public var description: String { "\(path):\(line): \(message)" }
    }

    /// Where the vectors are in this repository.
    public static let path: String = {
        let repository = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return repository.appending(path: "proto/sluice/ads/v1/vectors.jsonl").path(percentEncoded: false)
    }()

    /// Reads all vectors of a file.
    ///
    /// - Throws: `Failure` where a line is not a vector, an event names a field that the schema has not, offsets do
    ///   not rise, or a name or a row comes twice; Foundation's error where the file cannot be read.
    public static func load(path: String = path) throws -> [ContractVector] {
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        var vectors: [ContractVector] = []
        var names: Set<String> = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where line != ""
        {
            do {
                let vector = try JSONDecoder().decode(VectorLine.self, from: Data(line.utf8)).vector
                guard names.insert(vector.name).inserted else { throw Fault(message: "\(vector.name) comes twice") }
                try check(vector)
                vectors.append(vector)
            } catch {
                throw Failure(path: path, line: index + 1, message: "\(error)")
            }
        }
        return vectors
    }

    private static func check(_ vector: ContractVector) throws {
        for (record, next) in zip(vector.log, vector.log.dropFirst()) where next.offset <= record.offset {
            throw Fault(message: "offset \(next.offset) does not come after \(record.offset)")
        }
        var keys: Set<String> = []
        for row in vector.rows {
            let key = "\(row.advertiserID)/\(row.campaignID)/\(row.minuteMilliseconds)/\(row.currency)"
            guard keys.insert(key).inserted else { throw Fault(message: "the row \(key) comes twice") }
        }
    }
}

/// What is wrong with a line, before it is known which one it is.
private struct Fault: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}

/// An integer as a JSON number or, where readers of JSON might round it, as decimal text.
private struct Integer<Value: FixedWidthInteger & Decodable>: Decodable {
    var value: Value

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard let value = Value(text) else { throw Fault(message: "\(text) is not an integer of its size") }
            self.value = value
        } else {
            value = try container.decode(Value.self)
        }
    }
}

private struct VectorLine: Decodable {
    struct Expectation: Decodable {
        var rows: [RowLine]
        var dead_letters: [DeadLetterLine]
        var duplicates: Int64
        var watermark_ms: Int64?
    }
    struct DeadLetterLine: Decodable {
        var offset: Int64
        var reason: String
    }
    struct RowLine: Decodable {
        var advertiser_id: Integer<Int64>
        var campaign_id: Integer<Int64>
        var minute_ms: Int64
        var currency: String
        var impressions: Int64
        var clicks: Int64
        var conversions: Int64
        var video_views: Int64
        var invalid_events: Int64
        var spend_nanos: String
        var late_events: Int64

        func row() throws -> ContractVector.Row {
            guard let spendNanos = Int128(spend_nanos) else { throw Fault(message: "spend_nanos \(spend_nanos)") }
            return ContractVector.Row(
                advertiserID: advertiser_id.value, campaignID: campaign_id.value, minuteMilliseconds: minute_ms,
                currency: currency, impressions: impressions, clicks: clicks, conversions: conversions,
                videoViews: video_views, invalidEvents: invalid_events, spendNanos: spendNanos, lateEvents: late_events
            )
        }
    }

    var name: String
    var about: String
    var partition_log: [RecordLine]
    var horizon_ms: Int64
    var out_of_orderness_ms: Int64
    var expect: Expectation

    var vector: ContractVector {
        get throws {
            ContractVector(
                name: name, about: about, horizonMilliseconds: horizon_ms,
                outOfOrdernessMilliseconds: out_of_orderness_ms, log: partition_log.map(\.record),
                rows: try expect.rows.map { try $0.row() },
                deadLetters: expect.dead_letters.map { .init(offset: $0.offset, reason: $0.reason) },
                duplicates: expect.duplicates, watermarkMilliseconds: expect.watermark_ms
            )
        }
    }
}

/// A record: with `event`, or with `payload_hex`, which is null for a null payload.
private struct RecordLine: Decodable {
    var record: ContractVector.LogRecord

    enum Keys: String, CodingKey { case offset, timestamp_ms, event, payload_hex }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        let event = try container.decodeIfPresent(EventLine.self, forKey: .event)?.event
        guard (event != nil) != container.contains(.payload_hex) else {
            throw Fault(message: "a record has either an event or payload_hex")
        }
        var payload = event?.payload
        if let hex = try container.decodeIfPresent(String.self, forKey: .payload_hex) {
            payload = try bytes(hex: hex)
        }
        record = ContractVector.LogRecord(
            offset: try container.decode(Int64.self, forKey: .offset),
            timestampMilliseconds: try container.decode(Int64.self, forKey: .timestamp_ms),
            payload: payload, event: event
        )
    }
}

/// An event by the names of the schema; what is not named is 0. `event_id` is in hexadecimal; the enums are names or
/// numbers.
private struct EventLine: Decodable {
    var event = ContractEvent()

    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
            func int64() throws -> Int64 { try container.decode(Integer<Int64>.self, forKey: key).value }
            func int32() throws -> Int32 { try container.decode(Integer<Int32>.self, forKey: key).value }
            func text() throws -> String { try container.decode(String.self, forKey: key) }
            switch key.stringValue {
            case "event_id": event.eventID = try bytes(hex: text())
            case "event_time_ms": event.eventTimeMilliseconds = try int64()
            case "advertiser_id": event.advertiserID = try int64()
            case "campaign_id": event.campaignID = try int64()
            case "ad_group_id": event.adGroupID = try int64()
            case "ad_id": event.adID = try int64()
            case "type": event.type = try Self.types[(try? text()) ?? ""] ?? int32()
            case "pricing": event.pricing = try Self.pricings[(try? text()) ?? ""] ?? int32()
            case "price_micros": event.priceMicros = try int64()
            case "currency": event.currency = try text()
            case "placement": event.placement = try int32()
            case "country": event.country = try text()
            case "user_hash": event.userHash = try container.decode(Integer<UInt64>.self, forKey: key).value
            case "invalid_reason": event.invalidReason = try int32()
            default: throw Fault(message: "an event has no field \(key.stringValue)")
            }
        }
    }

    static let types: [String: Int32] = [
        "EVENT_TYPE_UNSPECIFIED": 0, "IMPRESSION": 1, "CLICK": 2, "CONVERSION": 3, "VIDEO_VIEW": 4,
    ]
    static let pricings: [String: Int32] = ["PRICING_MODEL_UNSPECIFIED": 0, "CPM": 1, "CPC": 2, "CPA": 3, "CPV": 4]
}

private func bytes(hex: String) throws -> [UInt8] {
    let digits = try hex.map { character in
        guard character.isASCII, let digit = character.hexDigitValue else {
            throw Fault(message: "\(character) is not a hexadecimal digit")
        }
        return UInt8(digit)
    }
    guard digits.count.isMultiple(of: 2) else { throw Fault(message: "half a byte in \(hex)") }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
