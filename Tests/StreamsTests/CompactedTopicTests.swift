import Streams
import TestKit
import Testing

/// A compacted topic, from which the last applied record may go: the newest anchor that survives is compared.
@Suite struct CompactedTopicTests {
    private static func settings(deduplicates: Bool = false) -> StreamSettings {
        StreamSettings(
            horizonMilliseconds: deduplicates ? 1_000_000 : 0, outOfOrdernessMilliseconds: 10,
            deduplicates: deduplicates, isCompacted: true)
    }

    private func driver(_ settings: StreamSettings = settings()) -> SightingDriver {
        PipelineDriver(
            logic: SightingLogic(), settings: settings, tables: SightingTables(), log: SimulatedLog(topic: "budgets"))
    }

    private func fill(_ driver: SightingDriver, _ count: Int, from first: Int = 0) {
        for number in first..<first + count { driver.log.sight(UInt64(number), at: 1_000 + Int64(number) * 10) }
    }

    /// Applies so many records, a checkpoint each.
    private func applied(_ count: Int, _ settings: StreamSettings = settings()) throws -> SightingDriver {
        let driver = driver(settings)
        fill(driver, count)
        try driver.start()
        while driver.read(1) { driver.cut() }
        return driver
    }

    private func remove(_ driver: SightingDriver, _ offsets: Int64...) {
        for offset in offsets { driver.log.remove(driver.partition, at: Offset(offset)) }
    }

    private func replace(_ driver: SightingDriver, _ offset: Int64) {
        driver.log.replace(driver.partition, at: Offset(offset), value: SightingLogic.value(999, at: 7))
    }

    private func unverifiable(_ driver: SightingDriver) -> [Offset] {
        driver.incidents.compactMap { if case .anchorUnverifiable(_, let offset) = $0 { offset } else { nil } }
    }

    // MARK: What is kept

    @Test func whatWasAppliedBeforeTheLastRecordIsKeptWithTheProgress() throws {
        let driver = try applied(5)
        #expect(driver.progress.anchor == driver.log.anchor(driver.partition, at: Offset(4)))
        #expect(
            driver.progress.olderAnchors == (0..<4).map { driver.log.anchor(driver.partition, at: Offset($0)) })
        // Over a restart as well, and further records come behind them.
        try driver.restart()
        driver.readAll()
        fill(driver, 1, from: 5)
        driver.readAll()
        driver.cut()
        #expect(driver.progress.olderAnchors.map(\.offset.rawValue) == [0, 1, 2, 3, 4])
    }

    @Test func ofOneLargeCheckpointMoreThanItsEndIsKept() throws {
        let driver = driver()
        fill(driver, 5_000)
        try driver.start()
        driver.readAll()
        #expect(driver.cut())
        let offsets = driver.progress.olderAnchors.map(\.offset.rawValue)
        #expect(offsets.count == [Anchor].maximumOlder && offsets[0] < 200 && offsets[7] > 4_500, "\(offsets)")
    }

    @Test(arguments: [1, 3, 128])
    func theyAreFewAndReachBackEvenlyByFactors(step: Int64) throws {
        let driver = driver()
        try driver.start()
        var next: Int64 = 0
        for count in 1...3_000 {
            let record = SimulatedLog.Entry(
                offset: Offset(next + step - 1), timestampMilliseconds: 5, value: SightingLogic.value(1, at: 5))
            driver.log.append(record, to: driver.partition)
            next += step
            driver.readAll()
            driver.readAll()
            driver.cut()
            let offsets = driver.progress.olderAnchors.map(\.offset.rawValue)
            #expect(offsets == offsets.sorted() && Set(offsets).count == offsets.count)
            guard offsets.count == min(count - 1, 8), count == 1 || offsets[0] == step - 1 else {
                Issue.record("\(offsets) after \(count) records")
                return
            }
            guard count > 20 else { continue }
            // Evenly each would be the ninth root of the whole; none is more than four times that.
            let distances = offsets.map { Double(next - $0) } + [Double(step)]
            let factors = zip(distances, distances.dropFirst()).map { $0 / $1 }
            let limit = distances[0] / Double(step) * 262_144
            guard factors.allSatisfy({ ($0 * $0 * $0) * ($0 * $0 * $0) * ($0 * $0 * $0) < limit }) else {
                Issue.record("\(factors) after \(count) records")
                return
            }
        }
    }

    @Test func nothingIsKeptOfATopicThatIsNotDeclaredCompacted() throws {
        let driver = try applied(20, StreamSettings(horizonMilliseconds: 0, deduplicates: false))
        #expect(driver.progress.olderAnchors.isEmpty)
        // Nor what was kept while it was.
        let before = try applied(20)
        let other = self.driver(StreamSettings(horizonMilliseconds: 0, deduplicates: false))
        fill(other, 21)
        other.database.setProgress(other.partition) {
            $0.progress = before.progress
            $0.epoch = Epoch(1)
        }
        remove(other, 19)
        try other.start()
        other.readAll()
        other.readAll()
        #expect(other.core.suspects.isEmpty && unverifiable(other) == [Offset(19)])
        #expect(other.cut() && other.progress.olderAnchors.isEmpty)
    }

    // MARK: At an assignment

    /// While the last applied record is there, it alone is read and compared.
    @Test func whereTheLastAppliedRecordIsThereNoOlderOneIsAsked() throws {
        let driver = try applied(20)
        replace(driver, 18)
        fill(driver, 1, from: 20)
        try driver.restart()
        driver.readAll()
        #expect(driver.core.suspects.isEmpty && driver.stopReason == nil && driver.cut())
        replace(driver, 20)
        try driver.restart()
        driver.readAll()
        #expect(driver.stopReason?.code == .logReplaced)
        #expect(driver.stopReason?.message.contains("the record at offset 20 is not the one") == true)
    }

    @Test(arguments: [false, true])
    func whereItIsCompactedAwayTheNextOlderOneIsCompared(deduplicates: Bool) throws {
        let driver = try applied(10, Self.settings(deduplicates: deduplicates))
        remove(driver, 9)
        fill(driver, 1, from: 10)
        try driver.restart()
        driver.readAll()
        driver.readAll()
        #expect(driver.snapshot?.phase == .running && driver.core.comparesAtOnce)
        #expect(driver.core.suspects.map { $0.anchors.map(\.offset) } == [[Offset(8)]])
        // What was read waits for it.
        #expect(driver.core.hasPending && !driver.cut())
        driver.compareWithLog()
        #expect(driver.cut() && !driver.core.comparesAtOnce)
        #expect(unverifiable(driver) == [] && driver.stopReason == nil)
        #expect(driver.database.tables.ids() == Array(0..<11))
    }

    @Test func oneAfterTheOtherIsAskedDownToTheOneThatSurvived() throws {
        let driver = try applied(200)
        let kept = driver.progress.olderAnchors.map(\.offset.rawValue)
        remove(driver, 199)
        for offset in kept.dropFirst() { remove(driver, offset) }
        fill(driver, 1, from: 200)
        try driver.restart()
        driver.readAll()
        driver.readAll()
        var asked: [Int64] = []
        while let anchor = driver.core.suspects.first?.anchors.first {
            asked.append(anchor.offset.rawValue)
            driver.core.verified(
                driver.partition, anchor, found: driver.log.anchor(driver.partition, at: anchor.offset),
                bounds: driver.log.bounds(of: driver.partition))
        }
        #expect(asked == kept.reversed())
        #expect(driver.cut() && unverifiable(driver) == [])
        // What was found to be gone takes no place any more.
        #expect(driver.progress.olderAnchors.map(\.offset.rawValue) == [0, 199])
    }

    @Test func onlyWhereNoneSurvivedTheLogCannotBeToldFromAnother() throws {
        let driver = try applied(30)
        remove(driver, 29)
        for anchor in driver.progress.olderAnchors { remove(driver, anchor.offset.rawValue) }
        fill(driver, 2, from: 30)
        try driver.restart()
        driver.readAll()
        driver.readAll()
        driver.compareWithLog()
        #expect(unverifiable(driver) == [Offset(29)], "the newest of them is named, once")
        #expect(driver.cut() && driver.database.tables.ids() == Array(0..<32))
    }

    /// As a topic that was made again and compacted: what the job applied last has no successor at its offset.
    @Test(arguments: [false, true])
    func anOlderOneThatIsAnotherRecordStopsThePartition(deduplicates: Bool) throws {
        let driver = try applied(10, Self.settings(deduplicates: deduplicates))
        remove(driver, 9, 8)
        replace(driver, 7)
        fill(driver, 2, from: 10)
        try driver.restart()
        driver.readAll()
        driver.readAll()
        driver.compareWithLog()
        let reason = try #require(driver.stopReason)
        #expect(reason.code == .logReplaced)
        for part in [
            "budgets/0: the record at offset 7 is not the one that was applied",
            "sluice progress set --job job --topic budgets --partition 0 --accept-truncation-at OFFSET",
        ] {
            #expect(reason.message.contains(part), "\(reason)")
        }
        #expect(!driver.cut() && driver.database.tables.ids() == Array(0..<10))
        #expect(unverifiable(driver) == [])
    }

    @Test func theLogsBeginningMayHavePassedThemAll() throws {
        let driver = try applied(10)
        fill(driver, 1, from: 10)
        driver.log.removeBefore(driver.partition, Offset(10))
        try driver.restart()
        #expect(driver.snapshot?.phase == .running)
        driver.readAll()
        driver.compareWithLog()
        #expect(unverifiable(driver) == [Offset(9)])
        #expect(driver.cut() && driver.database.tables.ids() == Array(0..<11))
    }

    // MARK: After a lost connection

    @Test func afterALostConnectionTheNewestThatSurvivedIsCompared() throws {
        let driver = try applied(10)
        fill(driver, 3, from: 10)
        driver.read(1)
        driver.core.connectionLost()
        // The last committed one and the last one that was read.
        remove(driver, 9, 10)
        driver.compareWithLog()
        #expect(driver.stopReason == nil && unverifiable(driver) == [] && driver.cut())
        driver.readAll()
        driver.core.connectionLost()
        remove(driver, 12)
        replace(driver, 8)
        driver.compareWithLog()
        #expect(driver.stopReason?.code == .logReplaced)
        #expect(driver.stopReason?.message.contains("offset 8 is not the one that was applied") == true)
        #expect(!driver.cut() && driver.progress.nextOffset == Offset(11))
    }

    @Test func afterALostConnectionWithoutAnySurvivorItIsSaidOnce() throws {
        let driver = try applied(3)
        fill(driver, 1, from: 3)
        driver.readAll()
        driver.core.connectionLost()
        remove(driver, 0, 1, 2, 3)
        driver.compareWithLog()
        #expect(unverifiable(driver).max() == Offset(3) && driver.cut())
    }

    // MARK: The worker

    private func bench() -> WorkerBench {
        WorkerBench(settings: Self.settings()) {
            $0.checkpointIntervalMilliseconds = 1
            $0.batchRecords = 1
        }
    }

    /// A worker that has applied twenty records in as many checkpoints, and what compaction did while it was away.
    private func restarted(
        pace: (inout WorkerSettings) -> Void = { _ in }, _ change: (SimulatedLog) -> Void
    ) -> WorkerBench {
        let first = bench()
        first.fill(20)
        first.source.script(.assign([Partition(0)]))
        #expect(first.rounds { first.next() == 20 })
        first.worker.drain()
        change(first.log)
        let second = WorkerBench("second", sharing: first, settings: Self.settings(), change: pace)
        second.source.script(.assign([Partition(0)]))
        return second
    }

    /// A topic that was made again is noticed when it is assigned, whenever the next checkpoint may come.
    @Test func aWorkerComparesAtOnce() {
        let bench = restarted(pace: { $0.checkpointIntervalMilliseconds = .max / 2 }) { log in
            log.remove(Partition(0), at: Offset(19))
            log.replace(Partition(0), at: Offset(18), value: nil)
            // The next record shows that the last applied one is gone.
            log.sight(20, at: 5)
        }
        bench.source.batchSize = 1
        #expect(bench.rounds { !bench.observer.stops.isEmpty })
        #expect(bench.observer.stops[0].reason.code == .logReplaced)
        #expect(bench.observer.stops[0].reason.message.contains("offset 18 is not the one that was applied"))
        #expect(bench.next() == 20)
    }

    @Test func aWorkerWhoseLogCannotBeAskedWaitsAndCommitsNothing() {
        let bench = restarted { log in
            log.remove(Partition(0), at: Offset(19))
            log.remove(Partition(0), at: Offset(18))
            log.sight(20, at: 1_500)
        }
        bench.source.script(.run { bench.source.unreachable = [Partition(0)] })
        #expect(bench.rounds { bench.observer.messages.contains { $0.text.contains("cannot compare the log") } })
        bench.rounds(50)
        #expect(bench.next() == 20 && bench.observer.stops.isEmpty)
        bench.source.unreachable = []
        #expect(bench.rounds { bench.next() == 21 })
        #expect(bench.ids() == Array(0..<21))
        #expect(
            !bench.observer.incidents.contains { if case .anchorUnverifiable = $0 { true } else { false } },
            "\(bench.observer.incidents)")
    }

    /// A revoke has one checkpoint to take: it must not wait for another round to ask for the next older one.
    @Test func aRevokeAsksForAllThatItTakes() {
        let bench = restarted(pace: { $0.checkpointIntervalMilliseconds = .max / 2 }) { $0.sight(20, at: 1_500) }
        #expect(bench.rounds { bench.observer.lastSample.first?.phase == .running && bench.source.delivered > 1 })
        bench.source.script(
            .connectionLost,
            .run { for offset in 12...20 { bench.log.remove(Partition(0), at: Offset(Int64(offset))) } },
            .revoke([Partition(0)], lost: false))
        bench.rounds(3)
        #expect(bench.observer.revocations.count == 1 && bench.next() == 21 && bench.ids() == Array(0..<21))
        #expect(!bench.observer.incidents.contains { if case .anchorUnverifiable = $0 { true } else { false } })
    }

    // MARK: Operators

    @Test func anOperatorsMoveForgetsThemWithTheAnchor() throws {
        let driver = try applied(10)
        #expect(!driver.progress.olderAnchors.isEmpty)
        for moved in [
            driver.progress.moved(to: Offset(5)), driver.progress.moved(to: Offset(12)),
            driver.progress.moved(to: Offset(10), isNewLog: true), .beginning(at: Offset(0)),
        ] {
            #expect(moved.anchor == nil && moved.olderAnchors == [])
        }
        let situation = MoveSituation(
            topic: "budgets", partition: Partition(0), progress: driver.progress,
            bounds: driver.log.bounds(of: driver.partition), lastApplied: .unchanged, outlivedItsLog: false)
        let kept = try OperatorMove.forgetIDs.progress(in: situation)
        #expect(kept.anchor == driver.progress.anchor && kept.olderAnchors == driver.progress.olderAnchors)
    }

    /// An operator sees what the partition stopped at: the last applied record is gone, and an older one is another.
    @Test func whatStoppedThePartitionLetsAnOperatorGoOn() throws {
        let driver = try applied(10)
        remove(driver, 9)
        func situation() -> MoveSituation {
            let last = driver.progress.lastApplied { driver.log.anchor(driver.partition, at: $0) }
            return MoveSituation(
                topic: "budgets", partition: Partition(0), progress: driver.progress,
                bounds: driver.log.bounds(of: driver.partition), lastApplied: last.answer, compared: last.compared,
                outlivedItsLog: false)
        }
        #expect(situation().lastApplied == .unchanged && situation().compared?.offset == Offset(8))
        let refusal = #expect(throws: MoveRefusal.self) {
            try OperatorMove.acceptTruncation(at: Offset(8)).progress(in: situation())
        }
        #expect(refusal?.message.contains("the record at offset 8 is the one that was applied (the last") == true)
        replace(driver, 8)
        #expect(situation().lastApplied == .replaced)
        #expect(try OperatorMove.acceptTruncation(at: Offset(8)).progress(in: situation()).nextOffset == Offset(8))
        remove(driver, 8, 7, 6, 5, 4, 3, 2, 1, 0)
        #expect(situation().lastApplied == .unknown && situation().compared == nil)
        let none = #expect(throws: MoveRefusal.self) {
            try OperatorMove.acceptTruncation(at: Offset(8)).progress(in: situation())
        }
        #expect(none?.message.contains("nor is any older one that is remembered") == true, "\(none as Any)")
    }
}
