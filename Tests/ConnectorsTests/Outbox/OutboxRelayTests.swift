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
        try await fixture.expectEachOnce()
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
        try await fixture.expectEachOnce()
        try next.stop()
        #expect(next.recorder.told.messages == 20)
        let remembered = try fixture.connection.query(
            "SELECT lane, position FROM \(fixture.names.table("sluice", "outbox_position"))")
        #expect(
            try Dictionary(uniqueKeysWithValues: remembered.map { (Int32(try $0.int64(0)), try $0.int64(1)) })
                == fixture.written)
        try fixture.close()
    }

    @Test func oneRelaysAndTheOthersWait() async throws {
        let fixture = try await OutboxFixture()
        let first = RunningRelay(fixture, name: "first").start()
        try await fixture.until("the first one is elected") { first.recorder.told.elections == 1 }
        let second = RunningRelay(fixture, name: "second").start()
        try fixture.write([0: 10])
        try await fixture.expectEachOnce()
        #expect(second.recorder.told.elections == 0)
        try first.stop()
        try await fixture.until("the second one is elected") { second.recorder.told.elections == 1 }
        try fixture.write([0: 10])
        try await fixture.expectEachOnce()
        #expect(first.recorder.told.messages == 10 && second.recorder.told.messages == 10)
        try second.stop()
        try fixture.close()
    }

    @Test func wakingAndStoppingDoNotWaitForThePoll() async throws {
        let fixture = try await OutboxFixture()
        var settings = fixture.settings()
        settings.pollMilliseconds = 600_000
        let relay = RunningRelay(fixture, settings: settings).start()
        try await fixture.until("it has looked and waits") { relay.recorder.told.samples == 1 }
        for _ in 0..<3 {
            try fixture.write([0: 10])
            relay.relay.wake()
            try await fixture.expectEachOnce()
        }
        try relay.stop()
        try fixture.close()
    }

    @Test func aStopPublishesWhatWasWrittenBefore() async throws {
        let fixture = try await OutboxFixture()
        var settings = fixture.settings()
        settings.pollMilliseconds = 600_000
        let relay = RunningRelay(fixture, settings: settings).start()
        try await fixture.until("it has looked and waits") { relay.recorder.told.samples == 1 }
        // More than one transaction's.
        try fixture.write([0: 2_500, 4: 3])
        try relay.stop()
        let seen = try fixture.read()
        #expect(seen[0] == Array(1...2_500) && seen[4] == [1, 2, 3])
        #expect(relay.recorder.told.messages == 2_503)
        try fixture.close()
    }

    @Test func lanesAreSampledWithTheirLag() async throws {
        let fixture = try await OutboxFixture()
        let relay = RunningRelay(fixture).start()
        try fixture.write([0: 10, 4: 3])
        try await fixture.until("both lanes are published and sampled") {
            relay.recorder.told.lanes.map(\.position) == [10, 3]
        }
        #expect(relay.recorder.told.lanes.map(\.lane) == [0, 4])
        #expect(relay.recorder.told.lanes.map(\.lag) == [0, 0])
        try relay.stop()
        #expect(OutboxLaneState(lane: 0, head: 10, position: 4).lag == 6)
        #expect(OutboxLaneState(lane: 0, head: 4, position: 10).lag == 0)
        try fixture.close()
    }

    /// Nobody's share is taken by a lane with more than everybody else.
    @Test func aLaneWithMuchDoesNotHoldUpTheOthers() async throws {
        let fixture = try await OutboxFixture()
        var settings = fixture.settings()
        settings.batchMessages = 10
        try fixture.write([0: 500, 1: 5, 2: 5])
        let probe = RelayProbe(.die, at: .commit, .after, arrival: 2)
        try RunningRelay(fixture, settings: settings, probe: probe).start().ended()
        let seen = try fixture.read()
        #expect(seen[1]?.count == 5 && seen[2]?.count == 5 && (seen[0]?.count ?? 0) >= 6)
        let next = RunningRelay(fixture, settings: settings, name: "b").start()
        try await fixture.expectEachOnce()
        try next.stop()
        try fixture.close()
    }

    @Test func installationsAndOutputsHaveLocksOfTheirOwn() async throws {
        let one = try await OutboxFixture()
        let other = try await OutboxFixture()
        let relays = [RunningRelay(one).start(), RunningRelay(other).start()]
        try one.write([0: 10])
        try other.write([0: 10])
        try await one.expectEachOnce()
        try await other.expectEachOnce()
        for relay in relays { try relay.stop() }
        try one.close()
        try other.close()
    }
}
