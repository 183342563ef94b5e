import Connectors
import Kafka
import Streams
import Testing

/// A moment in a relay's work.
struct OutboxMoment: Sendable, CustomTestStringConvertible {
    let step: OutboxStep
    let moment: StepMoment
    var testDescription: String { "\(moment) \(step)" }

    static let all = OutboxStep.allCases.flatMap { step in
        StepMoment.allCases.map { OutboxMoment(step: step, moment: $0) }
    }
    /// Those of a transaction.
    static let inTransaction = all.filter { $0.step != .fence && $0.step != .readPositions }
}

/// Relays that die, fight, or wake up late. Every message is seen once and in order all the same.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OutboxFaultTests {
    private func smallBatches(_ fixture: OutboxFixture) -> OutboxRelay.Settings {
        var settings = fixture.settings()
        settings.batchMessages = 20
        return settings
    }

    /// The first one dies in its first transaction, the second one in its second.
    @Test(arguments: OutboxMoment.all)
    func aRelayDiesAtAnyStep(_ moment: OutboxMoment) async throws {
        let fixture = try await OutboxFixture()
        let settings = smallBatches(fixture)
        try fixture.write([0: 25, 1: 25, 2: 25, 5: 25])
        for arrival in 1...2 {
            // Of these there is one in a turn.
            let isOnce = moment.step == .fence || moment.step == .readPositions
            let probe = RelayProbe(.die, at: moment.step, moment.moment, arrival: isOnce ? 1 : arrival)
            try RunningRelay(fixture, settings: settings, name: "\(arrival)", probe: probe).start().ended()
            #expect(probe.isReached)
        }
        let survivor = RunningRelay(fixture, settings: settings, name: "survivor").start()
        try fixture.write([0: 5, 3: 5])
        try await fixture.expectEachOnce()
        try survivor.stop()
        #expect(survivor.recorder.told.stops.isEmpty)
        try fixture.close()
    }

    /// One stands still within its transaction, loses its lock, and wakes up when another one has published everything.
    @Test(arguments: OutboxMoment.inTransaction)
    func aZombieWritesNothing(_ moment: OutboxMoment) async throws {
        let fixture = try await OutboxFixture()
        let settings = smallBatches(fixture)
        try fixture.write([0: 25, 1: 25, 2: 25, 5: 25])
        let probe = RelayProbe(.hold, at: moment.step, moment.moment, arrival: 2)
        let zombie = RunningRelay(fixture, settings: settings, name: "zombie", probe: probe).start()
        try await fixture.until("the zombie stands still") { probe.isReached }
        let successor = RunningRelay(fixture, settings: settings, name: "successor").start()
        #expect(try fixture.endLockSessions(of: zombie.applicationName) == 1)
        try await fixture.expectEachOnce()
        probe.release()
        try await fixture.until("the zombie has noticed") {
            zombie.recorder.told.fenced + zombie.recorder.told.lost > 0
        }
        try fixture.write([0: 5, 4: 5])
        try await fixture.expectEachOnce()
        #expect(zombie.recorder.told.elections == 1)
        #expect(successor.recorder.told.fenced == 0 && successor.recorder.told.lost == 0)
        // Once it is elected again it goes on like any other.
        try successor.stop()
        try fixture.write([0: 5, 1: 5])
        try await fixture.expectEachOnce()
        #expect(zombie.recorder.told.elections == 2)
        try zombie.stop()
        try fixture.close()
    }

    /// A first transaction is through, so that there are positions; the next messages are written.
    private func begun() async throws -> OutboxFixture {
        let fixture = try await OutboxFixture()
        let relay = RunningRelay(fixture, name: "earlier").start()
        try fixture.write([0: 10, 1: 10])
        try await fixture.expectEachOnce()
        try relay.stop()
        try fixture.write([0: 10, 1: 10])
        return fixture
    }

    /// The predecessor makes a whole transaction between its successor's election and the fence.
    /// - Returns: what was seen of lane 0.
    private func takeOverDuringATransaction(_ prepare: (RunningRelay) -> Void = { _ in }) async throws -> [Int64] {
        let fixture = try await begun()
        let beginning = RelayProbe(.hold, at: .begin, .before)
        let first = RunningRelay(fixture, name: "first", probe: beginning)
        prepare(first)
        first.start()
        try await fixture.until("the first one is about to begin") { beginning.isReached }
        let fencing = RelayProbe(.hold, at: .fence, .before)
        let second = RunningRelay(fixture, name: "second", probe: fencing)
        prepare(second)
        second.start()
        try fixture.endLockSessions(of: first.applicationName)
        try await fixture.until("the second one is about to fence") { fencing.isReached }
        beginning.release()
        try await fixture.until("the first one has committed") { first.recorder.told.messages == 20 }
        fencing.release()
        try fixture.write([2: 10])
        try await fixture.until("the second one publishes") { try fixture.read()[2]?.count == 10 }
        try first.stop()
        try second.stop()
        let seen = try fixture.read()[0] ?? []
        try fixture.close()
        return seen
    }

    @Test func positionsAreReadBehindTheFence() async throws {
        #expect(try await takeOverDuringATransaction() == Array(1...20))
    }

    /// A relay dies as soon as its messages can be seen; another one goes on.
    /// - Returns: what was seen of lane 0, and the positions at the death.
    private func dieOnceCommitted(
        _ prepare: (RunningRelay) -> Void = { _ in }
    ) async throws -> (seen: [Int64], positions: [String: String]) {
        let fixture = try await begun()
        let first = RunningRelay(fixture, name: "first", probe: RelayProbe(.die, at: .commit, .after))
        prepare(first)
        try first.start().ended()
        #expect(try fixture.read()[0]?.count == 20)
        let positions = try fixture.positions()
        let second = RunningRelay(fixture, name: "second")
        prepare(second)
        second.start()
        try fixture.write([2: 10])
        try await fixture.until("the second one publishes") { try fixture.read()[2]?.count == 10 }
        try second.stop()
        let seen = try fixture.read()[0] ?? []
        try fixture.close()
        return (seen, positions)
    }

    /// Whenever messages can be seen, so can their positions.
    @Test func positionsAreCommittedWithTheirMessages() async throws {
        let (seen, positions) = try await dieOnceCommitted()
        #expect(seen == Array(1...20))
        #expect(positions == ["numbers/0": "20", "numbers/1": "20"])
    }

    #if SLUICE_MUTANTS
        // What the two tests above rest on: without its guard, messages come twice.
        @Test func withPositionsReadBeforeTheFenceMessagesComeTwice() async throws {
            let seen = try await takeOverDuringATransaction { $0.relay.mutants = .relayFence }
            #expect(seen == Array(1...20) + Array(11...20))
        }

        @Test func withPositionsInATransactionOfTheirOwnMessagesComeTwice() async throws {
            let seen = try await dieOnceCommitted { $0.relay.mutants = .relayPosition }.seen
            #expect(seen == Array(1...20) + Array(11...20))
        }
    #endif

    /// Locks that are lost again and again, while messages are written.
    @Test func relaysThatFight() async throws {
        let fixture = try await OutboxFixture()
        let settings = smallBatches(fixture)
        let relays = ["a", "b", "c"].map { RunningRelay(fixture, settings: settings, name: $0).start() }
        var turns = 0
        for round in 0..<30 {
            try fixture.write([0: 17, 1: 5, Int32(2 + round % 6): 11])
            turns = relays.map(\.recorder.told.elections).reduce(0, +)
            for relay in relays { try fixture.endLockSessions(of: relay.applicationName) }
            try await fixture.until("somebody is elected") {
                relays.map(\.recorder.told.elections).reduce(0, +) > turns
            }
        }
        try await fixture.expectEachOnce()
        for relay in relays { try relay.stop() }
        #expect(turns >= 29)
        #expect(relays.allSatisfy { $0.recorder.told.stops.isEmpty })
        try fixture.close()
    }

    /// Many messages, and relays that die one after the other at places that follow from a seed.
    @Test(arguments: [1, 2] as [UInt64])
    func aStormOfDeaths(_ seed: UInt64) async throws {
        let fixture = try await OutboxFixture()
        var settings = fixture.settings()
        settings.batchMessages = 150
        var state = seed
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(count))
        }
        let moments = OutboxMoment.inTransaction
        for death in 0..<25 {
            try fixture.write([Int32(draw(8)): 200 + draw(400), Int32(8 + draw(4)): 100, 12: 1])
            let place = moments[draw(moments.count)]
            let probe = RelayProbe(.die, at: place.step, place.moment, arrival: 1 + draw(3))
            try RunningRelay(fixture, settings: settings, name: "\(death)", probe: probe).start().ended()
        }
        let survivor = RunningRelay(fixture, settings: settings, name: "survivor").start()
        try await fixture.expectEachOnce()
        try survivor.stop()
        #expect(survivor.recorder.told.stops.isEmpty)
        try fixture.close()
    }
}
