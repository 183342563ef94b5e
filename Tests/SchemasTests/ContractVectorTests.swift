import Foundation
import Schemas
import TestKit
import Testing

/// The vectors as far as the wire goes; that the job does what they say is tested with the job.
@Suite struct ContractVectorTests {
    static let reasons = [
        "empty_payload", "undecodable", "event_id", "event_type", "pricing_model", "price", "currency", "event_time",
    ]

    @Test func thereAreEnoughAndTheyReachEveryReason() throws {
        let vectors = try ContractVectors.load()
        #expect(vectors.count >= 68)
        let seen = Set(vectors.flatMap(\.deadLetters).map(\.reason))
        // A charge cannot overflow below the limit of prices: there is no log that shows it.
        #expect(seen == Set(Self.reasons))
        #expect(vectors.contains { $0.duplicates > 0 } && vectors.contains { $0.rows.contains { $0.lateEvents > 0 } })
    }

    @Test func eventsAreWrittenAndReadAgain() throws {
        var events = 0
        for vector in try ContractVectors.load() {
            for record in vector.log {
                guard let event = record.event, let payload = record.payload else { continue }
                events += 1
                #expect(decode(payload) == event.decoded, "\(vector.name) \(record.offset)")
                // protobuf-c ends a string at its first zero byte.
                if !event.currency.utf8.contains(0) {
                    #expect(AdEventReference.decode(payload) == event.decoded, "\(vector.name) \(record.offset)")
                }
                // What AdEvent can hold in full, AdEventWriter writes to the same bytes.
                if event.eventID.count == 16, event.decoded.currency != .none, event.country.utf8.count != 3 {
                    #expect(AdEventWriter.encode(event.decoded) == payload, "\(vector.name) \(record.offset)")
                }
            }
        }
        #expect(events > 150)
    }

    @Test func payloadsDecodeExactlyWhereTheVectorSaysSo() throws {
        var undecodable = 0
        for vector in try ContractVectors.load() {
            for record in vector.log {
                guard let payload = record.payload, payload != [] else {
                    #expect(vector.deadLetters.contains(.init(offset: record.offset, reason: "empty_payload")))
                    continue
                }
                let expected = vector.deadLetters.contains(.init(offset: record.offset, reason: "undecodable"))
                #expect((decode(payload) == nil) == expected, "\(vector.name) \(record.offset)")
                undecodable += expected ? 1 : 0
            }
        }
        #expect(undecodable >= 14)
    }

    /// Every record is a dead letter, a duplicate, or counted once in a row.
    @Test func theExpectationsAddUp() throws {
        for vector in try ContractVectors.load() {
            let counted = vector.rows.reduce(0) {
                $0 + $1.impressions + $1.clicks + $1.conversions + $1.videoViews + $1.invalidEvents
            }
            #expect(
                counted + vector.duplicates + Int64(vector.deadLetters.count) == Int64(vector.log.count),
                "\(vector.name)"
            )
            let offsets = vector.log.map(\.offset)
            #expect(vector.deadLetters.allSatisfy { offsets.contains($0.offset) }, "\(vector.name)")
            #expect(vector.rows.allSatisfy { $0.minuteMilliseconds.isMultiple(of: 60_000) }, "\(vector.name)")
            #expect(vector.rows.allSatisfy { CurrencyCode($0.currency) != nil && $0.spendNanos >= 0 }, "\(vector.name)")
            #expect(
                (vector.watermarkMilliseconds == nil) == (vector.deadLetters.count == vector.log.count),
                "\(vector.name)")
        }
    }

    @Test func theLoaderSaysWhatIsWrong() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vectors-\(UInt64.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "vectors.jsonl")
        func failure(_ record: String) throws -> String? {
            let line = """
                {"name":"n","about":"a","horizon_ms":1,"out_of_orderness_ms":1,"partition_log":[\(record)],\
                "expect":{"rows":[],"dead_letters":[],"duplicates":0,"watermark_ms":null}}
                """
            try "\n\(line)\n".write(to: file, atomically: true, encoding: .utf8)
            do {
                _ = try ContractVectors.load(path: file.path(percentEncoded: false))
                return nil
            } catch let failure as ContractVectors.Failure {
                #expect(failure.line == 2)
                return failure.message
            }
        }
        let head = #""offset":0,"timestamp_ms":-1"#
        #expect(try failure("{\(head),\"event\":{}}") == nil)
        #expect(try failure("{\(head),\"payload_hex\":null}") == nil)
        #expect(try failure("{\(head)}")?.contains("either") == true)
        #expect(try failure("{\(head),\"payload_hex\":\"abc\"}")?.contains("half a byte") == true)
        #expect(try failure("{\(head),\"payload_hex\":\"0g\"}")?.contains("hexadecimal") == true)
        #expect(try failure("{\(head),\"event\":{\"price\":1}}")?.contains("no field price") == true)
        #expect(try failure("{\(head),\"event\":{\"ad_id\":\"x\"}}")?.contains("not an integer") == true)
        #expect(try failure("{\(head),\"event\":{}},{\(head),\"event\":{}}")?.contains("offset 0") == true)
    }
}
