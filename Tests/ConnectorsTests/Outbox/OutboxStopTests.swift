import Connectors
import Foundation
import Kafka
import Postgres
import Streams
import Testing

/// What a relay must not pass over by itself, and how it goes on when somebody has decided.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct OutboxStopTests {
    private func sql(_ fixture: OutboxFixture, _ reason: OutboxStopReason) -> String {
        // What the message tells the operator to do is what the test does.
        let text = reason.description
        let start = text.range(of: "SELECT ") ?? text.range(of: "INSERT ")
        return start.map { String(text[$0.lowerBound...].prefix { $0 != ";" }) } ?? text
    }

    private func stop(_ fixture: OutboxFixture, _ relay: RunningRelay) async throws -> OutboxStopReason {
        try await fixture.until("the relay stops") { !relay.recorder.told.stops.isEmpty }
        return relay.recorder.told.stops[0]
    }

    private func produce(_ fixture: OutboxFixture, _ topic: String, _ key: String, _ value: String?) throws {
        let producer = try KafkaProducer(configuration: fixture.kafka)
        try Array(key.utf8).withUnsafeBytes { key in
            try Array((value ?? "").utf8).withUnsafeBytes { bytes in
                try producer.produce(
                    topic: topic, partition: Partition(0), key: key, value: value == nil ? nil : bytes)
            }
        }
        try producer.flush(timeoutMilliseconds: 30_000)
    }

    /// What a failover to a standby leaves that had not got the last commits.
    private func fallBack(_ fixture: OutboxFixture, lane: Int32, to sequence: Int64) throws {
        try fixture.connection.execute(
            """
            BEGIN;
            DELETE FROM \(fixture.table) WHERE lane = \(lane) AND sequence > \(sequence);
            UPDATE \(fixture.names.table("sluice", "outbox_lane")) SET last_sequence = \(sequence) WHERE lane = \(lane);
            UPDATE \(fixture.names.table("sluice", "outbox_position")) SET position = least(position, \(sequence))
            WHERE lane = \(lane);
            COMMIT
            """)
    }

    @Test(arguments: [false, true])
    func aPositionAheadStopsEveryLaneUntilTheHeadIsRaised(whileRunning: Bool) async throws {
        let fixture = try await OutboxFixture()
        var relay = RunningRelay(fixture).start()
        try fixture.write([0: 10, 1: 10])
        try await fixture.expectEachOnce()
        if !whileRunning { try relay.stop() }
        try fallBack(fixture, lane: 1, to: 7)
        if !whileRunning { relay = RunningRelay(fixture, name: "b").start() }
        let reason = try await stop(fixture, relay)
        let function = fixture.names.table("sluice", "outbox_skip_to")
        #expect(
            reason == .positionAhead(output: "numbers", lane: 1, position: 10, head: 7, function: function))
        #expect(reason.description.hasPrefix("outbox position ahead: lane 1 of numbers is published up to 10, "))
        try fixture.write([0: 5])
        let samples = relay.recorder.told.samples
        try await fixture.until("it has looked again") { relay.recorder.told.samples >= samples + 3 }
        #expect(try fixture.read()[0]?.count == 10)
        #expect(relay.recorder.told.resumptions == 0 && relay.recorder.told.stops.count == 1)
        try fixture.connection.execute(sql(fixture, reason))
        try await fixture.until("it goes on") { relay.recorder.told.resumptions == 1 }
        try fixture.write([1: 5])
        try await fixture.expectEachOnce()
        try relay.stop()
        try fixture.close()
    }

    /// A failover lost what was published, and the lane had gone on past it before the relay looked.
    @Test(arguments: [false, true])
    func sequencesThatWereGivenAgainStop(whileRunning: Bool) async throws {
        let fixture = try await OutboxFixture()
        var relay = RunningRelay(fixture).start()
        try fixture.write([0: 10, 1: 10])
        try await fixture.expectEachOnce()
        if !whileRunning { try relay.stop() }
        let lane = fixture.names.table("sluice", "outbox_lane")
        // Messages 8 to 10 were lost, and 8 to 12 say something else now. One statement: the relay sees no other state.
        try fixture.connection.execute(
            """
            BEGIN;
            DELETE FROM \(fixture.table) WHERE lane = 1 AND sequence > 7;
            INSERT INTO \(fixture.table) (lane, sequence, text, at)
            SELECT 1, n, '1:' || n + 3, now() + interval '1 minute' FROM generate_series(8, 12) AS n;
            UPDATE \(lane) SET last_sequence = 12 WHERE lane = 1;
            UPDATE \(fixture.names.table("sluice", "outbox_position")) SET position = least(position, 7);
            \(whileRunning ? "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(relay.applicationName)';" : "")
            COMMIT
            """)
        if !whileRunning { relay = RunningRelay(fixture, name: "b").start() }
        let reason = try await stop(fixture, relay)
        guard case .sequencesGivenAgain("numbers", 1, 10, _, _) = reason else {
            Issue.record("\(reason)")
            return
        }
        #expect(try fixture.read()[1]?.count == 10)
        // What the message says: new sequences behind the last one.
        try fixture.connection.execute(
            """
            BEGIN;
            SELECT FROM \(lane) WHERE lane = 1 FOR UPDATE;
            UPDATE \(fixture.table) SET sequence = sequence + 5 WHERE lane = 1 AND sequence > 7;
            UPDATE \(lane) SET last_sequence = 17 WHERE lane = 1;
            COMMIT
            """)
        let hole = fixture.names.table("sluice", "outbox_skip")
        try fixture.connection.execute(
            "INSERT INTO \(hole) (output, lane, from_sequence, through_sequence, reason) VALUES ('numbers', 1, 8, 12, 'moved')"
        )
        try await fixture.until("the lane goes on") { try fixture.read()[1]?.count == 15 }
        #expect(try fixture.read()[1] == Array(1...15))
        try relay.stop()
        try fixture.close()
    }

    /// The whole lane is gone.
    @Test func aLaneThatTheDatabaseDoesNotKnowIsAheadToo() async throws {
        let fixture = try await OutboxFixture()
        var relay = RunningRelay(fixture).start()
        try fixture.write([0: 10, 1: 10])
        try await fixture.expectEachOnce()
        try relay.stop()
        for table in ["outbox_lane", "outbox_position", "test_message"] {
            try fixture.connection.execute("DELETE FROM \(fixture.names.table("sluice", table))")
        }
        relay = RunningRelay(fixture, name: "b").start()
        for lane in 0...1 as ClosedRange<Int32> {
            try await fixture.until("it stops for lane \(lane)") { relay.recorder.told.stops.count == Int(lane) + 1 }
            let reason = relay.recorder.told.stops[Int(lane)]
            guard case .positionAhead(_, lane, 10, 0, _) = reason else {
                Issue.record("\(reason)")
                return
            }
            try fixture.connection.execute(sql(fixture, reason))
        }
        try fixture.write([0: 5, 1: 5])
        try await fixture.expectEachOnce()
        try relay.stop()
        try fixture.close()
    }

    @Test func aSkipIsRecordedAndNeverGoesBack() async throws {
        let fixture = try await OutboxFixture()
        try fixture.write([0: 10])
        let function = fixture.names.table("sluice", "outbox_skip_to")
        for (sequence, last) in [(15, 15), (3, 15), (15, 15), (20, 20)] {
            let rows = try fixture.connection.query("SELECT \(function)('numbers', 0, \(sequence), 'agreed')")
            #expect(try rows[0].int64(0) == last)
        }
        try fixture.connection.query("SELECT \(function)('numbers', 9, 4)")
        let rows = try fixture.connection.query(
            """
            SELECT lane, from_sequence, through_sequence, reason, database_user = session_user AS same
            FROM \(fixture.names.table("sluice", "outbox_skip")) ORDER BY lane, from_sequence
            """)
        #expect(
            try rows.map { [try $0.int64(0), try $0.int64(1), try $0.int64(2)] }
                == [[0, 11, 15], [0, 16, 20], [9, 1, 4]])
        #expect(try rows.map { try $0.string(3) } == ["agreed", "agreed", "not given"])
        #expect(try rows.allSatisfy { try $0.bool(4) })
        // The relay passes over them, also where there is nothing behind them.
        let relay = RunningRelay(fixture).start()
        try await fixture.until("the skips are passed") {
            try fixture.positions() == ["numbers/0": "20", "numbers/9": "4"]
        }
        try fixture.write([0: 5, 9: 5])
        try await fixture.expectEachOnce()
        #expect(try fixture.positions() == ["numbers/0": "25", "numbers/9": "9"])
        #expect(relay.recorder.told.stops.isEmpty)
        try relay.stop()
        try fixture.close()
    }

    @Test(arguments: [4...6, 1...3, 18...20] as [ClosedRange<Int64>])
    func aHoleThatNobodyAcceptedStopsEveryLane(_ hole: ClosedRange<Int64>) async throws {
        let fixture = try await OutboxFixture()
        try fixture.write([0: 10, 1: 20])
        try fixture.connection.execute(
            "DELETE FROM \(fixture.table) WHERE lane = 1 AND sequence BETWEEN \(hole.lowerBound) AND \(hole.upperBound)"
        )
        let relay = RunningRelay(fixture).start()
        let reason = try await stop(fixture, relay)
        let table = fixture.names.table("sluice", "outbox_skip")
        #expect(reason == .hole(output: "numbers", lane: 1, sequences: hole, table: table))
        #expect(try fixture.read().isEmpty)
        // A part is not all of it.
        try fixture.connection.execute(
            """
            INSERT INTO \(table) (output, lane, from_sequence, through_sequence, reason)
            VALUES ('numbers', 1, \(hole.lowerBound), \(hole.lowerBound), 'half')
            """)
        try await fixture.until("the rest is missed") { relay.recorder.told.stops.count == 2 }
        let rest = relay.recorder.told.stops[1]
        #expect(
            rest
                == .hole(
                    output: "numbers", lane: 1, sequences: hole.lowerBound + 1...hole.upperBound, table: table))
        try fixture.connection.execute(sql(fixture, rest))
        try await fixture.until("everything else is published") {
            try fixture.read().values.map(\.count).reduce(0, +) == 27
        }
        #expect(try fixture.read() == [0: Array(1...10), 1: Array(1...20).filter { !hole.contains($0) }])
        #expect(relay.recorder.told.resumptions == 1)
        try relay.stop()
        try fixture.close()
    }

    @Test func aHoleThatIsFilledAgainIsNone() async throws {
        let fixture = try await OutboxFixture()
        try fixture.write([0: 10])
        try fixture.connection.execute("DELETE FROM \(fixture.table) WHERE sequence = 5")
        let relay = RunningRelay(fixture).start()
        _ = try await stop(fixture, relay)
        try fixture.connection.execute("INSERT INTO \(fixture.table) VALUES (0, 5, '0:5')")
        try await fixture.expectEachOnce()
        try relay.stop()
        try fixture.close()
    }

    /// The positions topic was cut off, or is another one: it says less than it did.
    @Test func aPositionThatWasLostStopsUntilSomebodyDecides() async throws {
        let fixture = try await OutboxFixture()
        var relay = RunningRelay(fixture).start()
        try fixture.write([0: 10, 1: 10])
        try await fixture.expectEachOnce()
        try relay.stop()
        try produce(fixture, fixture.topic + "-positions", "numbers/1", "4")
        relay = RunningRelay(fixture, name: "b").start()
        let reason = try await stop(fixture, relay)
        guard case .positionLost("numbers", 1, 4, 10, _, _, _) = reason else {
            Issue.record("\(reason)")
            return
        }
        try fixture.connection.execute(sql(fixture, reason))
        try fixture.write([0: 5, 1: 5])
        try await fixture.expectEachOnce()
        try relay.stop()
        try fixture.close()
    }

    @Test func aLostPositionsTopicStopsAndCanBePublishedAgain() async throws {
        let fixture = try await OutboxFixture()
        var relay = RunningRelay(fixture).start()
        try fixture.write([0: 10, 1: 10])
        try await fixture.expectEachOnce()
        try relay.stop()
        for lane in 0...1 { try produce(fixture, fixture.topic + "-positions", "numbers/\(lane)", nil) }
        relay = RunningRelay(fixture, name: "b").start()
        guard case .positionLost("numbers", 0, 0, 10, _, _, _) = try await stop(fixture, relay) else {
            Issue.record("\(relay.recorder.told.stops)")
            return
        }
        let position = fixture.names.table("sluice", "outbox_position")
        #expect(relay.recorder.told.stops[0].description.hasSuffix("DELETE FROM \(position) WHERE output = 'numbers'"))
        try fixture.connection.execute("DELETE FROM \(position)")
        // Nothing is left that knows of a position: so the topic's records are what speaks against a first start.
        try await fixture.until("it stops for the records") { relay.recorder.told.stops.count == 2 }
        guard case .positionsMissing = relay.recorder.told.stops[1] else {
            Issue.record("\(relay.recorder.told.stops)")
            return
        }
        try fixture.connection.execute(sql(fixture, relay.recorder.told.stops[1]))
        try await fixture.until("everything is published again") {
            try fixture.read().values.allSatisfy { $0 == Array(1...10) + Array(1...10) }
        }
        try relay.stop()
        try fixture.close()
    }

    @Test func aTopicWithSomebodyElsesRecordsIsRefused() async throws {
        let fixture = try await OutboxFixture()
        try KafkaAdmin(configuration: fixture.kafka).createTopic(fixture.topic, partitions: 3)
        try produce(fixture, fixture.topic, "k", "v")
        try fixture.write([0: 10])
        let relay = RunningRelay(fixture).start()
        let reason = try await stop(fixture, relay)
        #expect(
            reason
                == .positionsMissing(
                    output: "numbers", topic: fixture.topic, positionsTopic: fixture.topic + "-positions",
                    table: fixture.names.table("sluice", "outbox_position")))
        try fixture.connection.execute(sql(fixture, reason))
        try await fixture.until("it goes on") { relay.recorder.told.messages == 10 }
        try relay.stop()
        try fixture.close()
    }

    @Test func aPositionThatIsNoNumberStops() async throws {
        let fixture = try await OutboxFixture()
        var relay = RunningRelay(fixture).start()
        try fixture.write([0: 10])
        try await fixture.expectEachOnce()
        try relay.stop()
        // What is not under a key of this output is nobody's business here.
        for key in ["other/0", "numbers", "numbers/x"] {
            try produce(fixture, fixture.topic + "-positions", key, "?")
        }
        try produce(fixture, fixture.topic + "-positions", "numbers/0", "ten")
        relay = RunningRelay(fixture, name: "b").start()
        guard case .positionUnreadable(_, _, "numbers/0") = try await stop(fixture, relay) else {
            Issue.record("\(relay.recorder.told.stops)")
            return
        }
        try relay.stop()
        try fixture.close()
    }

    /// What stands behind an open transaction cannot be seen yet: an older position must not be taken for the last one.
    @Test func aTransactionThatHangsInThePositionsTopicIsWaitedFor() async throws {
        let fixture = try await OutboxFixture()
        var relay = RunningRelay(fixture).start()
        try fixture.write([0: 10])
        try await fixture.expectEachOnce()
        try relay.stop()
        let hanging = try KafkaProducer(
            configuration: fixture.kafka, settings: .init(transactionalID: fixture.topic + "-somebody"))
        try hanging.initTransactions()
        try hanging.beginTransaction()
        try Array("0".utf8).withUnsafeBytes {
            try hanging.produce(topic: fixture.topic + "-positions", partition: Partition(0), key: $0, value: $0)
        }
        try hanging.flush(timeoutMilliseconds: 30_000)
        try fixture.write([0: 10])
        relay = RunningRelay(fixture, name: "b").start()
        try await fixture.until("the relay tells of it") { !relay.recorder.told.troubles.isEmpty }
        #expect(relay.recorder.told.troubles[0].contains("no progress"))
        #expect(relay.recorder.told.messages == 0)
        try hanging.abortTransaction()
        try await fixture.expectEachOnce()
        try relay.stop()
        try fixture.close()
    }
}
