import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import TestKit
import Testing

/// A month of events through the pipeline that the service runs, into installations of their own.
@Suite(.timeLimit(.minutes(5)))
struct ReplayTests {
    private static let start = utc(2026, 10, 15)
    private static let day: Int64 = 86_400_000
    private static let count = 6_000

    /// An event, and how often it comes in a row.
    private struct Unit {
        var event: ContractEvent
        var copies: Int
        /// When it arrives: one in twenty up to 48 hours late.
        var arrival: Int64
    }

    private static func month(seed: UInt64) -> [Unit] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            var event = ContractEvent()
            event.eventID = (0..<16).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> ($0 * 8) : 7) }
            event.eventTimeMilliseconds = start + Int64.random(in: 0..<30 * day, using: &random)
            event.campaignID = Int64.random(in: 1...6, using: &random)
            event.advertiserID = event.campaignID % 3
            event.adGroupID = Int64.random(in: 0...1, using: &random)
            event.adID = Int64.random(in: 0...2, using: &random)
            event.type = Int32.random(in: 1...4, using: &random)
            event.pricing = random.oneIn(3) ? 1 : event.type
            event.priceMicros = Int64.random(in: 0...5_000_000, using: &random)
            event.currency = event.campaignID == 2 ? "USD" : "EUR"
            event.placement = Int32.random(in: 0...2, using: &random)
            event.country = ["", "DE", "US"].randomElement(using: &random)!
            event.invalidReason = random.oneIn(20) ? 3 : 0
            let delay = random.oneIn(20) ? Int64.random(in: 0...2 * day, using: &random) : 0
            return Unit(
                event: event, copies: random.oneIn(25) ? Int.random(in: 2...3, using: &random) : 1,
                arrival: event.eventTimeMilliseconds + delay)
        }
    }

    /// The log of an order of units: campaigns by partition, duplicates one behind the other.
    private static func log(_ units: [Unit]) -> SimulatedLog {
        let log = SimulatedLog(topic: "topic")
        for unit in units {
            for _ in 0..<unit.copies {
                log.append(to: Partition(Int32(unit.event.campaignID % 2)), value: unit.event.payload)
            }
        }
        return log
    }

    /// Reads the whole log, in batches and with checkpoints of random sizes.
    private static func replay(_ log: SimulatedLog, into fixture: StoreFixture, seed: UInt64, batch: Int) throws {
        var random = SeededGenerator(seed: seed)
        let store = fixture.store()
        let core = JobCore(job: "job", topic: "topic", logic: SpendLogic(), settings: StreamSettings())
        var places: [Partition: Offset] = [:]
        for claim in try store.claim([Partition(0), Partition(1)]) {
            places[claim.partition] = core.assigned(claim, bounds: log.bounds(of: claim.partition))
        }
        func cut() throws {
            guard let checkpoint = core.cut() else { return }
            try store.commit(checkpoint)
            var outcome = CommitOutcome<SpendOutput>()
            outcome.committed = checkpoint.cuts
            core.ended(outcome)
        }
        while true {
            var records: [(partition: Partition, entry: SimulatedLog.Entry)] = []
            for (partition, place) in places.sorted(by: { $0.key < $1.key }) {
                let entries = log.entries(partition, from: place, limit: Int.random(in: 1...batch, using: &random))
                records += entries.map { (partition, $0) }
                if let last = entries.last { places[partition] = last.offset.next }
            }
            if records.isEmpty { break }
            RecordBlock(records).withRecords { core.process($0) { _ in [] } }
            if random.oneIn(3) { try cut() }
        }
        try cut()
        for snapshot in core.snapshots() { #expect(snapshot.stopReason == nil) }
    }

    private func levelsWithoutLate(_ levels: [String: [String: [Int128]]]) -> [String: [String: [Int128]]] {
        levels.mapValues { rows in
            rows.mapValues { figures in
                var figures = figures
                figures[5] = 0
                return figures
            }
        }
    }

    @Test func aShuffledMonthComesToWhatTheSortedOneDoes() async throws {
        let month = Self.month(seed: 11)
        let sorted = month.sorted { $0.event.eventTimeMilliseconds < $1.event.eventTimeMilliseconds }
        let arrived = month.sorted { $0.arrival < $1.arrival }
        var random = SeededGenerator(seed: 5)
        let shuffled = month.map {
            ($0, $0.event.eventTimeMilliseconds + Int64.random(in: 0...2 * Self.day, using: &random))
        }
        .sorted { $0.1 < $1.1 }.map(\.0)
        var truth = LevelTruth()
        for unit in month { truth.add(unit.event.decoded, isLate: false) }
        var late: [Int64] = []
        for (number, order) in [sorted, arrived, shuffled].enumerated() {
            let fixture = try await StoreFixture()
            defer { try? fixture.close() }
            try Self.replay(Self.log(order), into: fixture, seed: UInt64(number), batch: 700)
            let found = try LevelTruth.levels(of: fixture)
            for (level, rows) in levelsWithoutLate(found) {
                let isSame = rows == truth.levels[level]
                #expect(isSame, "\(level) of order \(number)")
            }
            #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
            late.append(try fixture.number("SELECT sum(late_events) FROM \"spend\".lifetime"))
            #expect(
                try fixture.number("SELECT sum(duplicates) FROM \"sluice\".progress")
                    == Int64(month.reduce(0) { $0 + $1.copies - 1 }))
        }
        #expect(late[0] == 0 && late[1] > Int64(Self.count / 30) && late[2] > Int64(Self.count / 2), "\(late)")
    }

    /// Every row of every table of results, apart from what says how often and when it was written.
    private func contents(_ fixture: StoreFixture) throws -> [String: [String]] {
        var contents: [String: [String]] = [:]
        let names = try fixture.lines(
            """
            SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = '"\(fixture.names.schema("spend"))"'::regnamespace
                AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE 'schema_%' ORDER BY 1
            """)
        for name in names {
            contents[name] = try fixture.lines(
                """
                SELECT row FROM (SELECT (to_jsonb(t) - 'revision' - 'corrections' - 'changed_at' - 'changed_in')::text AS row
                    FROM "spend".\(name) AS t) AS rows ORDER BY row COLLATE "C"
                """)
        }
        contents["progress"] = try fixture.lines(
            """
            SELECT (to_jsonb(p) - 'epoch' - 'owner' - 'updated_at')::text FROM "sluice".progress AS p ORDER BY partition
            """)
        return contents
    }

    @Test func theSameLogComesToTheSameBytesWhereverCheckpointsEnd() async throws {
        let log = Self.log(Self.month(seed: 12).sorted { $0.arrival < $1.arrival })
        var all: [[String: [String]]] = []
        for (seed, batch) in [(UInt64(1), 1_000), (2, 150), (3, 100_000)] {
            let fixture = try await StoreFixture()
            defer { try? fixture.close() }
            try Self.replay(log, into: fixture, seed: seed, batch: batch)
            all.append(try contents(fixture))
        }
        #expect(all[0].keys.count > 12)
        for (name, rows) in all[0] {
            for other in all[1...] {
                let isSame = other[name] == rows
                #expect(isSame, "\(name)")
            }
        }
        #expect((all[0]["minute_by_partition"]?.count ?? 0) > Self.count / 2)
    }
}
