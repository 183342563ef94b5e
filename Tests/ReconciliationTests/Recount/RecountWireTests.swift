import Foundation
import Schemas
import Streams
import TestKit
import Testing

@testable import Reconciliation

/// The recount's own decoder against what Google's C++ parser makes of the corpus, and against the service's decoder on
/// mutations of it.
@Suite struct RecountWireTests {
    private struct Case: Decodable {
        var name: String
        var hex: String
        var cpp: Bool
    }

    private func cases() throws -> [(payload: [UInt8], isAccepted: Bool, name: String)] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../SchemasTests/Corpus/wire.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            let entry = try JSONDecoder().decode(Case.self, from: Data($0.utf8))
            let digits = entry.hex.utf8.map { UInt8(Character(UnicodeScalar($0)).hexDigitValue!) }
            let payload = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            return (payload, entry.cpp, entry.name)
        }
    }

    /// The event, or nil where the bytes do not decode.
    private func read(_ payload: [UInt8]) -> RecountedEvent? {
        payload.withUnsafeBytes { bytes in
            var event = RecountedEvent()
            let record = Record(
                partition: Partition(0), offset: Offset(0), timestampMilliseconds: -1, keyStart: nil, keyCount: 0,
                valueStart: bytes.baseAddress, valueCount: bytes.count)
            _ = event.read(record)
            return event.isDecoded ? event : nil
        }
    }

    private func agree(_ payload: [UInt8]) -> Bool {
        guard !payload.isEmpty else { return true }
        let ours = read(payload)
        guard let theirs = PlainJudge.decode(payload) else { return ours == nil }
        guard let ours else { return false }
        return ours.idHigh == theirs.idHigh && ours.idLow == theirs.idLow
            && ours.idLength == UInt32(bitPattern: theirs.idLength)
            && ours.eventTime == theirs.eventTimeMilliseconds && ours.advertiser == theirs.advertiserID
            && ours.campaign == theirs.campaignID && ours.adGroup == theirs.adGroupID && ours.ad == theirs.adID
            && ours.type == theirs.type && ours.pricing == theirs.pricing && ours.priceMicros == theirs.priceMicros
            && ours.currency == theirs.currency.rawValue && ours.placement == theirs.placement
            && ours.invalidReason == theirs.invalidReason && ours.countryCode == theirs.country
    }

    @Test func theCorpus() throws {
        let cases = try cases()
        #expect(cases.count > 5_000)
        for entry in cases where !entry.payload.isEmpty {
            #expect((read(entry.payload) != nil) == entry.isAccepted, "\(entry.name)")
            #expect(agree(entry.payload), "\(entry.name)")
        }
    }

    @Test func mutations() throws {
        let seeds = try cases().filter { $0.isAccepted && $0.payload.count < 120 && !$0.payload.isEmpty }.map(\.payload)
        var events = RandomEvents(seed: 12, horizon: 1_000)
        let payloads = events.log(300).compactMap(\.value).filter { !$0.isEmpty }
        var generator = SeededGenerator(seed: 77)
        var accepted = 0
        for round in 0..<60_000 {
            var payload = (round & 1 == 0 ? seeds : payloads).randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&payload, &generator) }
            if !agree(payload) { Issue.record("the decoders differ on \(payload)") }
            if read(payload) != nil { accepted += 1 }
        }
        #expect(accepted > 5_000 && accepted < 50_000, "\(accepted)")
    }

    private func mutate(_ payload: inout [UInt8], _ generator: inout SeededGenerator) {
        let place = Int.random(in: 0...payload.count, using: &generator)
        switch generator.next() % 6 {
        case 0 where place < payload.count: payload[place] = UInt8(truncatingIfNeeded: generator.next())
        case 1 where place < payload.count: payload[place] ^= 1 << UInt8(generator.next() & 7)
        case 2 where place < payload.count: payload.remove(at: place)
        case 3: payload.removeLast(payload.count - place)
        case 4: payload.insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
        default:
            // Groups, overlong tags and varints, other wire types, ends without a start.
            let pieces: [[UInt8]] = [
                [0x13, 0x08, 0x01, 0x14], [0x13], [0x14], [0x03, 0x04], [0x82, 0x80, 0x80, 0x80, 0x10, 0x00],
                [0x90, 0x80, 0x80, 0x80, 0x00, 0x05], [0x90, 0x80, 0x80, 0x80, 0x80, 0x00, 0x05],
                [0x11, 1, 2, 3, 4, 5, 6, 7, 8], [0x15, 1, 2, 3, 4], [0x12, 0x81, 0x80, 0x00, 0x09],
                [0x4D, 1, 1, 1, 1], [0x06], [0x07], [0x00], [0x10] + [UInt8](repeating: 0x80, count: 9) + [0x7E],
            ]
            payload.insert(contentsOf: pieces.randomElement(using: &generator)!, at: place)
        }
    }

    /// Exactly a hundred groups, and one more.
    @Test func groupsNestAHundredDeep() {
        for depth in [1, 99, 100, 101, 5_000] {
            let payload = [UInt8](repeating: 0x13, count: depth) + [UInt8](repeating: 0x14, count: depth)
            #expect((read(payload) != nil) == (depth <= 100), "\(depth)")
            #expect(agree(payload))
        }
    }
}
