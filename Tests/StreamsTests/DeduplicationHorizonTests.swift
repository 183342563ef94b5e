import Streams
import TestKit
import Testing

/// A table in a class, so that expectations can call it.
private final class Horizon {
    private var table: DeduplicationHorizon
    init(_ milliseconds: Int64) { table = DeduplicationHorizon(horizonMilliseconds: milliseconds) }
    func isDuplicate(_ id: EventID, at now: Int64) -> Bool { table.isDuplicate(id, hash: id.mixed, at: now) }
    func maintain(at now: Int64) { table.maintain(at: now) }
    var count: Int { table.count }
    var byteCount: Int { table.byteCount }
}

/// The same by a dictionary that forgets nothing.
private struct NaiveHorizon {
    let horizon: Int64
    var lastSeen: [EventID: Int64] = [:]

    mutating func isDuplicate(_ id: EventID, at now: Int64) -> Bool {
        let before = lastSeen.updateValue(now, forKey: id)
        return before.map { now - $0 <= horizon } ?? false
    }
}

@Suite struct DeduplicationHorizonTests {
    /// How a run moves its time and chooses its ids.
    struct Course: CustomTestStringConvertible {
        var name: String
        var horizon: Int64
        /// The largest step of time between two sightings, and how often there is one at all.
        var step: Int64
        var stepOnceIn: Int
        /// A jump of up to this many milliseconds once in 500 sightings.
        var jump: Int64 = 0
        /// Ids are drawn from so many; a part of them is new each time.
        var ids: UInt64
        var freshOnceIn = 4
        var testDescription: String { name }
    }

    static let courses = [
        Course(name: "few ids, short horizon", horizon: 10, step: 3, stepOnceIn: 2, ids: 40),
        Course(name: "horizon 0", horizon: 0, step: 1, stepOnceIn: 3, ids: 20),
        Course(name: "horizon 1", horizon: 1, step: 1, stepOnceIn: 3, ids: 20),
        Course(name: "many ids", horizon: 5_000, step: 4, stepOnceIn: 2, ids: 6_000, freshOnceIn: 2),
        Course(name: "growth without time", horizon: 600_000, step: 1, stepOnceIn: 50, ids: 30_000, freshOnceIn: 2),
        Course(name: "jumps", horizon: 1_000, step: 20, stepOnceIn: 2, jump: 5_000, ids: 3_000),
        Course(name: "jumps of months", horizon: 1_000, step: 20, stepOnceIn: 2, jump: 12_000_000_000, ids: 500),
        Course(
            name: "the longest horizon, jumps of weeks", horizon: DeduplicationHorizon.maximumHorizonMilliseconds,
            step: 1_000_000, stepOnceIn: 2, jump: 2_000_000_000, ids: 3_000),
    ]

    @Test(arguments: courses, [1, 2, 3] as [UInt64])
    func answersAsADictionaryThatForgetsNothing(_ course: Course, seed: UInt64) {
        var random = SeededGenerator(seed: seed &* 7_919)
        let table = Horizon(course.horizon)
        var naive = NaiveHorizon(horizon: course.horizon)
        var now: Int64 = 1_767_225_600_000
        var duplicates = 0
        var differences = 0
        for number in 0..<20_000 {
            if random.oneIn(course.stepOnceIn) { now += Int64.random(in: 0...course.step, using: &random) }
            if course.jump > 0 && random.oneIn(500) { now += Int64.random(in: 0...course.jump, using: &random) }
            let fresh = random.oneIn(course.freshOnceIn)
            let id = EventID(high: 1, low: fresh ? random.next() : UInt64.random(in: 0..<course.ids, using: &random))
            let answer = table.isDuplicate(id, at: now)
            if answer != naive.isDuplicate(id, at: now) { differences += 1 }
            duplicates += answer ? 1 : 0
            if number % 64 == 0 { table.maintain(at: now) }
        }
        #expect(differences == 0, "\(course.name), seed \(seed)")
        #expect(duplicates > 0)
    }

    /// Ids whose search begins in the last slots, so that their runs go over the end of the table, and ids that all
    /// share one hash: with a high word equal to the hash's key every product is 0.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func clustersAtTheEndAndIdsOfOneHash(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ids: [EventID] = (0..<120).map { EventID(high: 0x9E37_79B9_7F4A_7C15, low: $0) }
        #expect(Set(ids.map(\.mixed)).count == 1)
        while ids.count < 300 {
            let id = EventID(high: random.next(), low: random.next())
            // The last fiftieth and the first hundredth of a table of any size.
            if id.mixed > .max / 50 * 49 || id.mixed < .max / 100 { ids.append(id) }
        }
        let table = Horizon(400)
        var naive = NaiveHorizon(horizon: 400)
        var now: Int64 = 1_000
        var differences = 0
        for number in 0..<20_000 {
            now += random.oneIn(2) ? Int64.random(in: 0...5, using: &random) : 0
            let id =
                random.oneIn(10)
                ? EventID(high: random.next(), low: 3) : ids[Int.random(in: 0..<ids.count, using: &random)]
            if table.isDuplicate(id, at: now) != naive.isDuplicate(id, at: now) { differences += 1 }
            if number % 32 == 0 { table.maintain(at: now) }
        }
        #expect(differences == 0)
    }

    @Test func theHorizonIsInclusive() {
        let table = Horizon(600_000)
        let id = EventID(high: 1, low: 2)
        let other = EventID(high: 2, low: 1)
        #expect(!table.isDuplicate(id, at: 1_000))
        #expect(!table.isDuplicate(other, at: 1_000))
        #expect(table.isDuplicate(id, at: 601_000))
        #expect(!table.isDuplicate(other, at: 601_001))
        // A duplicate refreshes its id.
        #expect(table.isDuplicate(id, at: 1_201_000))
    }

    @Test func memoryFollowsTheIDsThatCount() {
        var random = SeededGenerator(seed: 11)
        let table = Horizon(1_000)
        var now: Int64 = 1_000_000
        var sightings: [Int64] = []
        var first = 0
        var worst = 0.0
        var mostBytes = 0
        // Steady load: four new ids a millisecond, 4,000 within the horizon.
        for number in 0..<40_000 {
            if number % 4 == 0 { now += 1 }
            _ = table.isDuplicate(EventID(high: random.next(), low: random.next()), at: now)
            sightings.append(now)
            guard number % 128 == 0 else { continue }
            table.maintain(at: now)
            while now - sightings[first] > 1_000 { first += 1 }
            if number > 8_000 { worst = max(worst, Double(table.count) / Double(sightings.count - first)) }
            mostBytes = max(mostBytes, table.byteCount)
        }
        // A quarter of the horizon waits for the sweep, and a run that goes over the end for the next rebuild.
        #expect(worst < 1.25, "\(worst)")
        #expect(mostBytes <= 4_004 * 20 * 4, "\(mostBytes)")
        // The load ends: the table gives its memory back while time goes on.
        for _ in 0..<400 {
            now += 20
            _ = table.isDuplicate(EventID(high: 5, low: 5), at: now)
            table.maintain(at: now)
        }
        #expect(table.count < 50)
        #expect(table.byteCount <= 1_024 * 4 * 20, "\(table.byteCount)")
    }

    @Test func theBaseMovesOnWhileIDsAreKept() {
        let horizon = DeduplicationHorizon.maximumHorizonMilliseconds
        let table = Horizon(horizon)
        let id = EventID(high: 9, low: 9)
        var now: Int64 = 5
        #expect(!table.isDuplicate(id, at: now))
        // Four times beyond 2^32 ms in steps of the horizon: always remembered, never a millisecond longer.
        for _ in 0..<16 {
            now += horizon
            #expect(table.isDuplicate(id, at: now))
            table.maintain(at: now)
        }
        now += horizon + 1
        #expect(!table.isDuplicate(id, at: now))
    }

    @Test func timeMayPassTheRangeOfTheSlotsWithoutASighting() {
        let table = Horizon(1_000)
        let id = EventID(high: 1, low: 2)
        _ = table.isDuplicate(id, at: 1_000)
        // Fifty days later, with nothing but records that carry no id in between.
        let later: Int64 = 1_000 + 50 * 86_400_000
        table.maintain(at: later)
        #expect(table.count == 0)
        #expect(!table.isDuplicate(id, at: later))
        #expect(table.isDuplicate(id, at: later))
    }
}
