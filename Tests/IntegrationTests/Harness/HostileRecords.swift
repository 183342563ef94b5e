import Streams
import TestKit

/// Records of every bad kind and good ones in odd clothes, with what must become of each: worked out by hand from the
/// contract, not by the code under test.
struct HostileRecords {
    /// A record and its fate.
    struct Case: Sendable {
        var kind: String
        /// The reason of its dead letter; nil where it counts as one click of 10^9 nanos.
        var reason: String?
        var record: ProducedRecord
    }

    private var random: SeededRandom
    private var nextID: UInt64 = 1
    private let time: Int64

    init(seed: UInt64, time: Int64) {
        random = SeededRandom(seed: seed)
        self.time = time
    }

    /// A click that no other record repeats.
    private mutating func event() -> ContractEvent {
        var event = ContractEvent()
        event.eventID = (0..<16).map { UInt8(truncatingIfNeeded: $0 < 8 ? nextID >> ($0 * 8) : 9) }
        nextID += 1
        event.eventTimeMilliseconds = time
        event.advertiserID = 1
        event.campaignID = 1
        event.type = 2
        event.pricing = 2
        event.priceMicros = 1_000_000
        event.currency = "EUR"
        return event
    }

    private func bytes(_ count: Int, _ seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        var result: [UInt8] = []
        result.reserveCapacity(count + 8)
        while result.count < count { withUnsafeBytes(of: random.next()) { result += $0 } }
        return Array(result.prefix(count))
    }

    private func record(_ value: [UInt8]?, key: [UInt8]? = [49], headers: [RecordHeader] = []) -> ProducedRecord {
        ProducedRecord(timestampMilliseconds: time, key: key, value: value, headers: headers)
    }

    private static func digits(_ value: Int) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + digits(value >> 7)
    }

    /// One round of every kind, in an order of its own.
    mutating func round() -> [Case] {
        var cases = sizes() + wire() + fields() + envelopes()
        cases.shuffle(using: &random)
        return cases
    }

    /// Near the broker's limit of a million bytes, noisy and hollow.
    private mutating func sizes() -> [Case] {
        // An unknown field of 900,000 bytes behind a good event is passed over.
        let padding = [0xFA, 0x07] + Self.digits(900_000) + [UInt8](repeating: 0, count: 900_000)
        return [
            Case(
                kind: "huge noise", reason: "undecodable", record: record([0xFF, 0xFF, 0xFF] + bytes(900_000, nextID))),
            Case(kind: "huge zeros", reason: "undecodable", record: record([UInt8](repeating: 0, count: 950_000))),
            Case(kind: "huge and good", reason: nil, record: record(event().payload + padding)),
        ]
    }

    /// Protobuf's own traps.
    private mutating func wire() -> [Case] {
        func nested(_ depth: Int) -> [UInt8] {
            // Field 100, wire type 3 opens a group, 4 closes it.
            (0..<depth).flatMap { _ in [0xA3, 0x06] as [UInt8] } + (0..<depth).flatMap { _ in [0xA4, 0x06] as [UInt8] }
        }
        let whole = event().payload
        var wrongTime = event().payload
        // A fixed64 where event_time_ms is a varint is an unknown field; the last one that fits the type stays.
        wrongTime += [0x11, 1, 2, 3, 4, 5, 6, 7, 8]
        var onlyWrong = event()
        onlyWrong.eventTimeMilliseconds = 0
        return [
            Case(kind: "groups within the limit", reason: nil, record: record(event().payload + nested(90))),
            Case(
                kind: "groups beyond the limit", reason: "undecodable", record: record(event().payload + nested(20_000))
            ),
            Case(
                kind: "a group that never ends", reason: "undecodable", record: record(event().payload + [0xA3, 0x06])),
            Case(kind: "cut off", reason: "undecodable", record: record(Array(whole.dropLast(2)))),
            Case(
                kind: "a length beyond the end", reason: "undecodable", record: record([0x0A, 0xFF, 0xFF, 0xFF, 0x7F])),
            Case(kind: "an endless varint", reason: "undecodable", record: record([UInt8](repeating: 0xFF, count: 64))),
            Case(kind: "another wire type beside the right one", reason: nil, record: record(wrongTime)),
            Case(
                kind: "another wire type alone", reason: "event_time",
                record: record(onlyWrong.payload + [0x11, 1, 2, 3, 4, 5, 6, 7, 8])),
            Case(kind: "noise", reason: "undecodable", record: record([0xFF, 0xFF] + bytes(200, nextID))),
        ]
    }

    /// Values at and beyond their ends.
    private mutating func fields() -> [Case] {
        func changed(_ kind: String, _ reason: String?, _ change: (inout ContractEvent) -> Void) -> Case {
            var event = event()
            change(&event)
            return Case(kind: kind, reason: reason, record: record(event.payload))
        }
        return [
            changed("an id of 15 bytes", "event_id") { $0.eventID.removeLast() },
            changed("an id of 4,096 bytes", "event_id") { $0.eventID = [UInt8](repeating: 1, count: 4_096) },
            changed("an unknown type", "event_type") { $0.type = .max },
            changed("a negative type", "event_type") { $0.type = .min },
            changed("an unknown pricing", "pricing_model") { $0.pricing = 99 },
            changed("a negative price", "price") { $0.priceMicros = -1 },
            changed("the largest number as a price", "price") { $0.priceMicros = .max },
            changed("bad UTF-8 in the currency", "currency") { $0.currency = "\u{FFFD}" },
            changed("a long currency", "currency") { $0.currency = String(repeating: "E", count: 1_000) },
            changed("a time of the far future", "event_time") { $0.eventTimeMilliseconds = .max },
            changed("a time before all", "event_time") { $0.eventTimeMilliseconds = .min },
            changed("a time too far ahead", "event_time") { $0.eventTimeMilliseconds += 48 * 3_600_000 + 1 },
            changed("ids at their ends", nil) {
                $0.adGroupID = .min
                $0.adID = .max
                $0.userHash = .max
            },
            changed("a country of bad UTF-8", nil) { $0.country = "\u{FFFD}\u{FFFD}" },
        ]
    }

    /// Records with little, or too much, around the event.
    private mutating func envelopes() -> [Case] {
        let many = (0..<1_000).map { RecordHeader(name: "h\($0 % 7)", value: $0 % 3 == 0 ? nil : [UInt8($0 % 256)]) }
        let odd = [
            RecordHeader(name: "none", value: nil), RecordHeader(name: "empty", value: []),
            RecordHeader(name: "quote\"\\\u{1}", value: [0, 255]), RecordHeader(name: "none", value: nil),
        ]
        var untimed = record(event().payload)
        untimed.timestampMilliseconds = nil
        return [
            Case(kind: "a tombstone", reason: "empty_payload", record: record(nil, headers: odd)),
            Case(kind: "no bytes", reason: "empty_payload", record: record([], key: [])),
            Case(
                kind: "a thousand headers and no payload", reason: "empty_payload", record: record(nil, headers: many)),
            Case(kind: "a thousand headers", reason: nil, record: record(event().payload, headers: many)),
            Case(kind: "no key", reason: nil, record: record(event().payload, key: nil)),
            Case(kind: "a key of 100,000 bytes", reason: nil, record: record(event().payload, key: bytes(100_000, 3))),
            Case(kind: "no timestamp of the producer's", reason: nil, record: untimed),
            Case(kind: "good", reason: nil, record: record(event().payload)),
        ]
    }
}
