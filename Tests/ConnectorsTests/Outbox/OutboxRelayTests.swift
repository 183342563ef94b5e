import Connectors
import Kafka
import Postgres
import Streams
import Testing

/// The relay at work: order, exactly once, who relays, what it tells.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct OutboxRelayTests {
    @Test func eachMessageOfEachLaneComesOnceAndInOrder() async throws {
        let fixture = try await OutboxFixture()
        let relay = RunningRelay(fixture).start()
        for round in 1...20 { try fixture.write([0: round, 1: 40, 2: 1, 7: 60 - round, 11: 1_500 / 20]) }
        try fixture.expectEachOnce()
        try relay.stop()
        let told = relay.recorder.told
        #expect(told.elections == 1 && told.fenced == 0 && told.lost == 0)
        #expect(told.troubles.isEmpty && told.stops.isEmpty)
        #expect(told.messages == fixture.total)
        #expect(told.largest <= 1_000)
        #expect(told.oldestAge.map { (0...60_000).contains($0) } == true)
        let expected = fixture.written.reduce(into: [String: String]()) { $0["numbers/\($1.key)"] = "\($1.value)" }
        #expect(try fixture.positions() == expected)
        // Another one goes on behind it.
        let next = RunningRelay(fixture, name: "b").start()
        try fixture.write([1: 10, 3: 10])
        try fixture.expectEachOnce()
        try next.stop()
        #expect(next.recorder.told.messages == 20)
        let remembered = try fixture.connection.query(
            "SELECT lane, position FROM \(fixture.names.table("sluice", "outbox_position"))")
        #expect(
            try Dictionary(uniqueKeysWithValues: remembered.map { (Int32(try $0.int64(0)), try $0.int64(1)) })
                == fixture.written)
        try fixture.close()
    }
}
