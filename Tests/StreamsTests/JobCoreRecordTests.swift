import Streams
import TestKit
import Testing

@Suite struct JobCoreRecordTests {
    private let p0 = Partition(0)
    private let p1 = Partition(1)

    private func filled(_ count: Int) -> SightingDriver {
        let driver = sightingDriver()
        for number in 0..<count { driver.log.sight(UInt64(number), at: 1_000 + Int64(number)) }
        return driver
    }

    @Test func aGapIsCountedAndToldWithItsBounds() throws {
        let driver = filled(3)
        driver.log.appendMarker(to: p0)
        driver.log.appendMarker(to: p0)
        driver.log.sight(3, at: 1_003)
        try driver.start()
        driver.readAll()
        driver.cut()
        #expect(driver.incidents.dropFirst() == [.gap(p0, from: Offset(3), through: Offset(4))])
        #expect(driver.progress.counters.skippedOffsets == 2)
        #expect(driver.progress.nextOffset == Offset(6))
        #expect(driver.database.tables.ids() == [0, 1, 2, 3])
        // The same gap is no gap again when it is only read once more.
        try driver.restart()
        driver.log.sight(4, at: 1_004)
        driver.readAll()
        driver.cut()
        #expect(driver.progress.counters.skippedOffsets == 2)
        #expect(driver.database.tables.ids() == [0, 1, 2, 3, 4])
    }

    @Test func aGapAtTheVeryBeginningIsAdmittedOnceTheSameRecordComesFirstAgain() throws {
        let driver = filled(0)
        driver.log.appendMarker(to: p0)
        driver.log.sight(1, at: 5)
        try driver.start()
        driver.readAll()
        driver.cut()
        #expect(
            driver.incidents.dropFirst() == [
                .seek(p0, Offset(0)), .gap(p0, from: Offset(0), through: Offset(0)),
            ])
        #expect(driver.database.tables.ids() == [1])
    }

    @Test func recordsFromBeforeASeekAreThrownAwayAndTheSeekIsRepeated() throws {
        let driver = filled(10)
        try driver.start()
        driver.pipe(driver.log.entries(p0, from: Offset(4), limit: 3))
        #expect(driver.incidents.dropFirst() == [.seek(p0, Offset(0))])
        #expect(driver.position == Offset(0) && driver.core.discarded == 3)
        driver.readAll()
        // Once it has begun, what is below the expected offset came before.
        driver.pipe(driver.log.entries(p0, from: Offset(2), limit: 5))
        #expect(driver.core.discarded == 8)
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<10))
        #expect(driver.progress.counters.skippedOffsets == 0)
    }

    @Test func recordsOfPartitionsThatAreNotOwnedAreThrownAway() throws {
        let driver = filled(4)
        driver.log.sight(9, at: 5, in: p1)
        try driver.start()
        driver.pipe(driver.log.entries(p1), of: p1)
        driver.pipe(driver.log.entries(p1), of: Partition(77))
        #expect(driver.core.discarded == 2 && !driver.core.hasPending)
        driver.core.released(p0)
        driver.pipe(driver.log.entries(p0))
        #expect(driver.core.discarded == 6 && !driver.core.hasPending && !driver.cut())
    }

    // pitfall: library-tombstone
    @Test func aTombstoneIsARecordWithoutAPayload() throws {
        let driver = filled(1)
        let header = RecordHeader(name: "h", value: nil)
        driver.log.append(to: p0, timestampMilliseconds: 9_999, key: [1, 2], value: nil, headers: [header])
        driver.log.append(to: p0, value: [])
        driver.log.append(to: p0, key: [], value: [1, 2, 3])
        driver.log.sight(1, at: 1_001)
        try driver.start()
        driver.readAll()
        driver.cut()
        let letters = driver.database.deadLetters(of: p0)
        #expect(letters.map(\.offset.rawValue) == [1, 2, 3])
        #expect(letters.map(\.reason) == ["empty", "length", "length"])
        #expect(letters[0].payload == nil && letters[0].key == [1, 2] && letters[0].headers == [header])
        #expect(letters[0].timestampMilliseconds == 9_999)
        #expect(letters[1].payload == [] && letters[1].key == nil && letters[1].timestampMilliseconds == -1)
        #expect(letters[2].payload == [1, 2, 3] && letters[2].key == [])
        // They moved neither time nor the horizon.
        #expect(driver.progress.streamTime == EventTime(rawValue: 1_001))
        #expect(driver.progress.counters.deadLetters == 3 && driver.progress.counters.records == 5)
    }

    @Test func moreIDsThanTheLimitStopThePartitionAndNothingOfItIsCommitted() throws {
        let driver = sightingDriver(maximumIDs: 300)
        for number in 0..<1_000 { driver.log.sight(UInt64(number), at: 1_000) }
        try driver.start()
        driver.read(128)
        driver.cut()
        driver.readAll()
        #expect(driver.stopReason?.code == .horizonLimit)
        #expect(driver.stopReason?.message.contains("more than 300 ids") == true)
        #expect(!driver.cut() && !driver.core.hasPending)
        #expect(driver.progress.nextOffset == Offset(128))
        #expect(driver.database.tables.ids() == Array(0..<128))
    }

    @Test(arguments: [1, 2, 3, 50, 1_000])
    func batchesHaveNoInfluence(size: Int) throws {
        let driver = sightingDriver()
        var random = SeededGenerator(seed: 5)
        for number in 0..<700 {
            driver.log.sight(UInt64.random(in: 0..<90, using: &random), at: 1_000 + Int64(number) * 3 / 2)
        }
        try driver.start()
        driver.readAll(batch: size)
        driver.cut()
        let expected = expectedSightings(driver.log.entries(p0))
        #expect(driver.database.tables.counted[p0] == expected.counted)
        #expect(driver.progress.counters.duplicates == expected.duplicates && expected.duplicates > 50)
    }

    @Test func theSnapshotShowsWhatWaits() throws {
        let driver = filled(10)
        try driver.start()
        driver.read(6)
        var snapshot = try #require(driver.snapshot)
        #expect(snapshot.phase == .running && snapshot.expected == Offset(6) && snapshot.committedNext == nil)
        #expect(snapshot.oldestPendingMilliseconds == 1_000 && snapshot.lastTimestampMilliseconds == 1_005)
        #expect(snapshot.ageMilliseconds(now: 1_500, knownEnd: Offset(10)) == 500)
        #expect(driver.core.pendingRows == 6 && driver.core.hasPending)
        driver.cut()
        snapshot = try #require(driver.snapshot)
        #expect(snapshot.oldestPendingMilliseconds == -1 && snapshot.committedNext == Offset(6))
        #expect(snapshot.ageMilliseconds(now: 1_500, knownEnd: Offset(10)) == 495, "at most as old as the last one")
        #expect(snapshot.ageMilliseconds(now: 1_500, knownEnd: Offset(6)) == 0)
    }

    @Test func aSecondCutWaitsForTheFirst() throws {
        let driver = filled(10)
        try driver.start()
        driver.read(4)
        let first = try #require(driver.core.cut())
        driver.read(4)
        #expect(driver.core.cut() == nil, "one checkpoint of a partition at a time")
        var outcome = CommitOutcome<SightingOutput>()
        outcome.committed = first.cuts
        driver.core.ended(outcome)
        let second = try #require(driver.core.cut())
        #expect(second.cuts[0].expectedNextOffset == Offset(4) && second.cuts[0].progress.nextOffset == Offset(8))
        #expect(second.cuts[0].records == 4 && second.rows == 4)
        #expect(second.cuts[0].oldestTimestampMilliseconds == 1_004)
        #expect(second.cuts[0].newestTimestampMilliseconds == 1_007)
    }

    @Test func anErrorOfTheSourceStopsThePartition() throws {
        let driver = filled(10)
        try driver.start()
        driver.read(3)
        driver.log.removeBefore(p0, Offset(5))
        driver.core.sourceFailed(
            p0, SourceError(.offsetOutOfRange, "out of range"), bounds: driver.log.bounds(of: p0))
        #expect(driver.stopReason?.code == .recordsGone)
        #expect(driver.stopReason?.message.contains("offsets 3 to 4") == true)
        // What was read before is gone from the log as well: it is committed, not given up with the rest, once the
        // log has been asked whether it is another one.
        #expect(driver.core.hasPending && !driver.cut())
        let suspects = driver.core.suspects.flatMap(\.anchors)
        #expect(suspects.map(\.offset) == [Offset(2)])
        driver.core.verified(p0, suspects[0], found: nil, bounds: driver.log.bounds(of: p0))
        #expect(driver.cut())
        #expect(driver.progress.nextOffset == Offset(3) && driver.database.tables.ids() == [0, 1, 2])
        #expect(!driver.core.hasPending && !driver.cut())
        let other = filled(2)
        try other.start()
        other.core.sourceFailed(p0, SourceError(.other, "message too large"), bounds: nil)
        #expect(other.stopReason?.code == .sourceError)
        #expect(other.stopReason?.message.contains("offset 0: message too large") == true)
    }

    @Test func whatWasReadBeforeAStopIsNotCommittedWhereTheLogIsInDoubt() throws {
        let driver = filled(10)
        try driver.start()
        driver.read(3)
        let anchor = driver.log.anchor(p0, at: Offset(2))!
        driver.core.sourceFailed(p0, SourceError(.other, "a checksum is wrong"), bounds: nil)
        #expect(driver.core.suspects.map(\.anchors) == [[anchor]])
        #expect(driver.core.hasPending && !driver.cut())
        let other = Anchor(offset: Offset(2), timestampMilliseconds: 9, hash: 9)
        driver.core.verified(p0, anchor, found: other, bounds: driver.log.bounds(of: p0))
        #expect(driver.stopReason?.code == .logReplaced)
        #expect(!driver.core.hasPending && !driver.cut())
        #expect(driver.database.tables.ids().isEmpty)

        // Offsets were skipped, and then the log's beginning turns out to have passed them.
        let skipped = filled(10)
        try skipped.start()
        skipped.read(3)
        skipped.log.removeBefore(p0, Offset(5))
        // The same record comes first again after the seek: the gap is real.
        skipped.pipe(skipped.log.entries(p0, from: Offset(5)))
        skipped.pipe(skipped.log.entries(p0, from: Offset(5)))
        skipped.core.sourceFailed(p0, SourceError(.other, "a checksum is wrong"), bounds: nil)
        skipped.core.checkedGap(p0, from: Offset(3), bounds: skipped.log.bounds(of: p0))
        #expect(skipped.stopReason?.code == .recordsGone)
        #expect(!skipped.cut() && skipped.database.tables.ids().isEmpty)
    }

    /// The suspects are what was known when the connection was lost; the message is about all that is committed.
    @Test func aTruncationIsNamedByTheLastCommittedRecord() throws {
        let driver = filled(10)
        try driver.start()
        driver.read(3)
        driver.cut()
        driver.read(7)
        let onItsWay = try #require(driver.core.cut())
        driver.core.connectionLost()
        var outcome = CommitOutcome<SightingLogic.Output>()
        outcome.committed = onItsWay.cuts
        driver.core.ended(outcome)
        let oldest = try #require(driver.core.suspects.first?.anchors.first)
        #expect(oldest.offset == Offset(2))
        driver.core.verified(p0, oldest, found: nil, bounds: LogBounds(start: Offset(0), end: Offset(1)))
        #expect(driver.stopReason?.code == .logTruncated)
        #expect(driver.stopReason?.message.contains("records up to 9 were applied") == true)
    }

    /// What a client had fetched when it lost its connection may be of a log that was cut off since: applied, it would
    /// stand behind what is compared, and the new log's records would follow it.
    @Test func whatWasFetchedBeforeALostConnectionIsFetchedAgain() throws {
        let driver = filled(10)
        try driver.start()
        driver.read(5)
        let fetched = driver.log.entries(p0, from: Offset(5), limit: 3)
        driver.log.truncate(p0, to: Offset(6))
        for number in 20..<26 { driver.log.sight(UInt64(number), at: 5) }
        driver.core.connectionLost()
        driver.pipe(fetched)
        #expect(driver.incidents.last == .seek(p0, Offset(5)) && driver.snapshot?.expected == Offset(5))
        driver.readAll()
        for (partition, anchors) in driver.core.suspects {
            for anchor in anchors {
                driver.core.verified(
                    partition, anchor, found: driver.log.anchor(p0, at: anchor.offset),
                    bounds: driver.log.bounds(of: p0))
            }
        }
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<6) + Array(20..<26))
        // A seek that fails is asked for again, and nothing is applied before one has gone through.
        driver.core.connectionLost()
        driver.core.sought(p0, succeeded: false)
        #expect(driver.snapshot?.expected == Offset(12))
    }

    /// One batch may hold many runs of a partition, with other partitions' records between them: they were all
    /// fetched before the seek that the first one asks for, and must not wear out its patience.
    @Test func staleRunsOfOneBatchCountAsOne() throws {
        let driver = filled(10)
        try driver.start()
        for number in 0..<6 { driver.log.sight(UInt64(number), at: 5, in: p1) }
        let mixed = (0..<6).flatMap { number -> [(partition: Partition, entry: SimulatedLog.Entry)] in
            [(p0, driver.log.entries(p0)[4 + number]), (p1, driver.log.entries(p1)[number])]
        }
        driver.pipe(batch: mixed)
        driver.readAll()
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<10))
        #expect(driver.incidents.dropFirst() == [.seek(p0, Offset(0))])
    }

    @Test func retentionThatOvertakesAWarmUpIsNoLossOfRecords() throws {
        let driver = sightingDriver(horizon: 1_000)
        for number in 0..<50 { driver.log.sight(UInt64(number), at: 1_000 + Int64(number) * 10) }
        try driver.start()
        driver.read(40)
        driver.cut()
        try driver.restart()
        driver.read(5)
        driver.log.removeBefore(p0, Offset(20))
        driver.core.sourceFailed(
            p0, SourceError(.offsetOutOfRange, "out of range"), bounds: driver.log.bounds(of: p0))
        driver.pipe([])
        #expect(driver.stopReason == nil)
        #expect(driver.position == Offset(20))
        #expect(driver.incidents.contains(.horizonIncomplete(p0, missingFrom: Offset(5), through: Offset(19))))
        driver.readAll()
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<50))
    }

    /// However many batches were fetched before a seek: none of them is taken for a gap.
    @Test func staleBatchesAreNeverTakenForAGap() throws {
        let driver = filled(30)
        try driver.start()
        for from in 5..<15 { driver.pipe(driver.log.entries(p0, from: Offset(Int64(from)), limit: 1)) }
        driver.readAll()
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<30))
        #expect(driver.progress.counters.skippedOffsets == 0)
    }

    @Test func aClientThatNeverComesToThePlaceIsGivenUp() throws {
        let driver = filled(200)
        try driver.start()
        for from in 5..<150 { driver.pipe(driver.log.entries(p0, from: Offset(Int64(from)), limit: 1)) }
        #expect(driver.stopReason?.code == .sourceError)
        #expect(driver.stopReason?.message.contains("after 100 seeks to offset 0") == true)
    }
}
