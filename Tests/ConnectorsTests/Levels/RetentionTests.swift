import Connectors
import Foundation
import Postgres
import Schemas
import Streams
import TestKit
import Testing

/// Minutes that are dropped, while the levels above stay.
@Suite struct RetentionTests {
    private static let day: Int64 = 86_400_000
    /// Midnight of today. Retention goes by the server's clock.
    private static var today: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) / day * day }

    private func tables(_ fixture: StoreFixture) throws -> [String] {
        try fixture.lines(
            """
            SELECT right(c.relname, 8) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = '"spend".minute_by_partition'::regclass AND c.relname <> 'minute_other' ORDER BY 1
            """)
    }

    private func days(_ fixture: StoreFixture) throws -> [Int64] {
        try tables(fixture).map { table in
            utc(Int64(table.prefix(4))!, Int64(table.dropFirst(4).prefix(2))!, Int64(table.suffix(2))!)
        }
    }

    @Test func droppedMinutesLeaveTheLevelsAsTheyAre() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let today = Self.today
        var truth = LevelTruth()
        let partition = try EventsPartition(fixture)
        func commit(_ events: [AdEvent]) throws {
            let late = try partition.commit(events)
            for (event, isLate) in zip(events, late) { truth.add(event, isLate: isLate) }
        }
        let ages: [Int64] = [30, 9, 8, 7, 6, 1, 0]
        try commit(ages.map { click(1_000, at: today - $0 * Self.day) } + [click(7_000, at: 60_000)])
        #expect(try days(fixture) == ages.map { today - $0 * Self.day })
        #expect(try fixture.lines("SELECT * FROM \"spend\".drop_minutes(NULL)") == [], "no moment, nothing dropped")
        #expect(try days(fixture).count == 7)
        let before = try LevelTruth.levels(of: fixture)
        let dropped = try fixture.lines(
            "SELECT d - date '1970-01-01' FROM \"spend\".drop_minutes('infinity') AS d ORDER BY 1")
        #expect(
            dropped == ([30, 9, 8] as [Int64]).map { "\((today - $0 * Self.day) / Self.day)" },
            "never younger than seven days")
        #expect(try days(fixture) == ([7, 6, 1, 0] as [Int64]).map { today - $0 * Self.day })
        #expect(try fixture.number("SELECT count(*) FROM \"spend\".minute") == 4, "1970 is gone as well")
        var after = try LevelTruth.levels(of: fixture)
        after["minute"] = before["minute"]
        #expect(after == before)
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        #expect(try fixture.lines("SELECT * FROM \"spend\".drop_minutes('infinity')") == [])

        // What comes late for them goes to the levels above and beside them, by the process that knows their tables and
        // by one that has just begun; the tables do not come back.
        try commit([click(5_000, at: today - 9 * Self.day), click(5_000, at: 60_000), click(5_000, at: today)])
        try EventsPartition(fixture, 1).commit([
            click(3_000, at: today - 9 * Self.day), click(3_000, at: today - 40 * Self.day),
        ])
        #expect(try days(fixture) == ([7, 6, 1, 0] as [Int64]).map { today - $0 * Self.day })
        #expect(
            try fixture.lines("SELECT sum(clicks), sum(spend_nanos), count(*) FROM \"spend\".beyond_retention") == [
                "4 16000 3"
            ])
        #expect(
            try fixture.lines(
                """
                SELECT clicks, spend_nanos, status FROM "spend".day
                WHERE day = date '1970-01-01' + \((today - 9 * Self.day) / Self.day)
                """) == ["3 9000 open"])
        #expect(try fixture.lines("SELECT clicks, spend_nanos FROM \"spend\".lifetime") == ["13 35000"])
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        // A rewind removes what is beyond retention too, and the log makes it again.
        try fixture.run("SELECT \"spend\".forget_partition(1)")
        #expect(try fixture.lines("SELECT sum(clicks) FROM \"spend\".beyond_retention") == ["2"])
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
    }

    @Test func minutesAreDroppedWhileOthersWrite() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let today = Self.today
        let writers = (0..<3).map { number in
            Pending {
                var random = SeededGenerator(seed: UInt64(number))
                var truth = LevelTruth()
                let partition = try EventsPartition(fixture, Int32(number))
                for _ in 0..<15 {
                    let events = (0..<8).map { _ in
                        click(
                            Int64.random(in: 1...9, using: &random) * 1_000,
                            at: today - Int64.random(in: 0...14, using: &random) * Self.day
                                + Int64.random(in: 0..<Self.day, using: &random))
                    }
                    // A day's table may go while it is written to: the lane tries again, and so is done here.
                    do {
                        try partition.commit(events)
                    } catch let error as StoreError where error.code == .transient {
                        try partition.commit(events)
                    }
                    for event in events { truth.add(event, isLate: false) }
                }
                return truth
            }
        }
        let isOver = Flag()
        let dropper = Pending {
            let session = try fixture.session()
            defer { session.close() }
            while !isOver.isSet {
                for age in [12, 10, 7] {
                    try fixture.run("SELECT \"spend\".drop_minutes(now() - interval '\(age) days')", on: session)
                }
            }
        }
        let results = Result { try writers.map { try $0.value() } }
        isOver.set()
        try dropper.value()
        var truth = LevelTruth()
        for part in try results.get() { truth.merge(part) }
        var found = try LevelTruth.levels(of: fixture)
        // The minutes apart, everything is there.
        found["minute"] = truth.levels["minute"]
        #expect(found == truth.levels)
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        #expect(try days(fixture).allSatisfy { $0 >= today - 8 * Self.day })
        #expect(try fixture.number("SELECT count(*) FROM \"spend\".minute_other") == 0)
    }
}
