import Streams
import TestKit
import Testing

@Suite struct WorkerTests {
    private let p0 = Partition(0)
    private let p1 = Partition(1)

    @Test func recordsAreCommittedAtTheInterval() {
        let bench = WorkerBench()
        bench.fill(25)
        bench.source.script(.assign([p0]))
        bench.rounds(10)
        #expect(bench.ids().isEmpty, "not before the interval has passed")
        #expect(bench.rounds { bench.next() == 25 })
        #expect(bench.clock.now >= 1_000 && bench.ids() == Array(0..<25))
        #expect(bench.database.commits == 1)
        // Nothing new: no transaction.
        bench.rounds(100)
        #expect(bench.database.commits == 1 && bench.source.mirrored == [p0: Offset(25)])
        #expect(bench.observer.checkpoints == 1 && bench.observer.summaries[0].records == 25)
        #expect(bench.observer.lastSample.first?.committedNext == Offset(25))
    }

    @Test func whatIsUrgentIsCommittedSoonerAndNothingElseIs() {
        let bench = WorkerBench()
        bench.fill(5)
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.next() == 5 })
        var before = bench.clock.now
        for (first, milliseconds) in [
            (SightingOutput.urgentFrom, Int64(250)), (100, 1_000), (SightingOutput.urgentFrom + 9, 250),
        ] {
            // Urgent as soon as it is read, which is just behind a checkpoint.
            bench.fill(5, from: first)
            let commits = bench.database.commits
            #expect(bench.rounds { bench.database.commits > commits })
            #expect(
                (milliseconds...milliseconds + 60).contains(bench.clock.now - before), "\(bench.clock.now - before)")
            before = bench.clock.now
        }
        #expect(bench.database.commits == 4 && bench.next() == 20)
        // What becomes urgent long behind a checkpoint is committed at once.
        bench.rounds(12)
        let read = bench.clock.now
        bench.fill(1, from: SightingOutput.urgentFrom + 50)
        #expect(bench.rounds { bench.next() == 21 })
        #expect(bench.clock.now - read <= 160, "\(bench.clock.now - read)")
    }

    // pitfall: revoke-before-commit
    @Test func aRevokeReturnsOnlyOnceItsWorkIsCommitted() {
        let bench = WorkerBench()
        bench.fill(25)
        bench.lane.latency = { 700 }
        var atRevoke: Int64?
        bench.source.script(.assign([p0]))
        bench.rounds(5)
        bench.source.script(.revoke([p0], lost: false), .run { atRevoke = bench.next() })
        bench.rounds(2)
        #expect(atRevoke == bench.next() && atRevoke ?? 0 > 0)
        #expect(bench.ids() == Array(0..<UInt64(atRevoke ?? 0)))
        #expect(bench.observer.revocations.count == 1 && bench.worker.lastFailure == nil)
        bench.fill(5, from: 100)
        bench.rounds(50)
        #expect(bench.next() == atRevoke, "nothing is applied to a partition that went away")
    }

    @Test func aCheckpointInFlightAtARevokeIsWaitedForAndTheRestFollows() {
        let bench = WorkerBench { $0.checkpointIntervalMilliseconds = 100 }
        bench.fill(2_000)
        bench.source.batchSize = 10
        bench.lane.latency = { 300 }
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.lane.isBusy && bench.clock.now > 0 })
        bench.rounds(3)
        #expect(bench.lane.isBusy && bench.database.commits == 0)
        let read = bench.source.positions[p0]
        bench.source.script(.revoke([p0], lost: false))
        bench.rounds(1)
        #expect(bench.database.commits == 2 && bench.next() == read?.rawValue)
        #expect(bench.ids() == Array(0..<UInt64(bench.next() ?? 0)))
    }

    @Test func aRevokeDoesNotOutlastItsDeadlineAndTheEpochDoesTheRest() {
        let bench = WorkerBench { $0.revokeLimitMilliseconds = 5_000 }
        bench.fill(20)
        bench.lane.latency = { nil }
        bench.source.script(.assign([p0]))
        bench.rounds(5)
        let before = bench.clock.now
        bench.source.script(.revoke([p0], lost: false))
        bench.rounds(1)
        #expect((5_000...5_100).contains(bench.clock.now - before))
        #expect(bench.observer.revocations.count == 1 && bench.lane.isBusy)
        // The next owner claims it and goes on; then the hanging commit comes through and is refused.
        let other = WorkerBench("other", sharing: bench)
        other.source.script(.assign([p0]))
        #expect(other.rounds { other.next() == 20 })
        bench.lane.latency = { 0 }
        bench.rounds(3)
        #expect(bench.observer.fenced == 1 && bench.database.refusals == 1)
        #expect(bench.ids() == Array(0..<20))
    }

    @Test func anAssignmentWaitsForACommitThatOutlivedItsRevoke() {
        let bench = WorkerBench { $0.revokeLimitMilliseconds = 200 }
        bench.fill(20)
        bench.lane.latency = { 900 }
        bench.source.script(.assign([p0]))
        bench.rounds(4)
        bench.source.script(.revoke([p0], lost: false), .assign([p0]))
        bench.rounds(2)
        #expect(bench.rounds { bench.next() == 20 })
        #expect(bench.ids() == Array(0..<20), "the old commit is seen by the claim, and nothing is applied twice")
        #expect(bench.observer.fenced == 0)
    }

    @Test func aSlowStorePausesTheReadingAndNothingIsLostOrRepeated() {
        let bench = WorkerBench { pace in
            pace.maximumPendingRows = 50
            pace.checkpointIntervalMilliseconds = 50
        }
        bench.source.staleBatchesAfterSeek = 2
        bench.fill(600)
        bench.fill(300, in: p1)
        bench.lane.latency = { nil }
        bench.source.script(.assign([p0, p1]))
        #expect(bench.rounds { bench.source.paused == [p0, p1] })
        let delivered = bench.source.delivered
        bench.rounds(20)
        #expect(bench.source.delivered == delivered, "nothing is read while the store hangs")
        #expect(delivered <= 50 + 2 * 50 + 60)
        bench.lane.latency = { 30 }
        #expect(bench.rounds(atMost: 3_000) { bench.next() == 600 && bench.next(p1) == 300 })
        #expect(bench.ids() == Array(0..<600) && bench.ids(p1) == Array(0..<300))
        #expect(bench.source.paused.isEmpty)
        #expect(bench.observer.messages.contains { $0.text == "reading goes on" })
    }

    @Test func deadLettersCountAgainstALimitOfTheirOwn() {
        let bench = WorkerBench { pace in
            pace.maximumPendingDeadLetterBytes = 1_000
            pace.checkpointIntervalMilliseconds = 1_000_000
        }
        for _ in 0..<100 { bench.log.append(to: p0, value: [UInt8](repeating: 1, count: 100)) }
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.database.deadLetters.count > 60 })
        #expect(bench.clock.now < 1_000_000)
    }

    @Test func aDrainCommitsWhatWasReadAndGivesThePartitionsBack() throws {
        let bench = WorkerBench()
        bench.fill(100)
        bench.lane.latency = { 300 }
        bench.source.script(.assign([p0]))
        bench.stop(after: 5)
        try bench.worker.run()
        let read = try #require(bench.next())
        #expect(read > 0 && bench.ids() == Array(0..<UInt64(read)))
        #expect(bench.source.isClosed && bench.observer.revocations.count == 1)
        #expect(bench.source.positions.isEmpty && bench.clock.now < 1_000)
    }

    @Test func aLogThatIsTheSameAfterALostConnectionGoesOn() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.next() == 20 })
        bench.fill(10, from: 20)
        bench.rounds(5)
        bench.source.script(.connectionLost)
        #expect(bench.rounds { bench.next() == 30 })
        #expect(bench.observer.stops.isEmpty && bench.ids() == Array(0..<30))
    }

    @Test func aLogThatWasReplacedWhileTheConnectionWasLostIsNotCommitted() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.next() == 20 })
        bench.fill(10, from: 20)
        bench.rounds(3)
        bench.log.recreate(p0)
        bench.fill(60, from: 500)
        bench.source.script(.connectionLost)
        #expect(bench.rounds { !bench.observer.stops.isEmpty })
        #expect(bench.observer.stops.first?.reason.code == .logReplaced)
        bench.rounds(100)
        #expect(bench.next() == 20 && bench.ids() == Array(0..<20) && bench.source.paused == [p0])
    }

    @Test func aLogThatWasTruncatedWhileTheConnectionWasLostIsNotCommitted() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.next() == 20 })
        bench.fill(10, from: 20)
        #expect(bench.rounds { bench.source.positions[self.p0] == Offset(30) })
        bench.log.truncate(p0, to: Offset(25))
        bench.source.script(.connectionLost)
        #expect(bench.rounds { !bench.observer.stops.isEmpty })
        #expect(bench.observer.stops.first?.reason.code == .logTruncated)
        bench.rounds(100)
        #expect(bench.next() == 20)
    }

    @Test func nothingIsCommittedBeforeTheLogCanBeAsked() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.fill(10, in: p1)
        bench.source.script(.assign([p0, p1]))
        #expect(bench.rounds { bench.next() == 20 && bench.next(p1) == 10 })
        bench.fill(10, from: 20)
        bench.source.script(.connectionLost)
        bench.source.isUnreachable = true
        bench.rounds(100)
        #expect(bench.next() == 20 && bench.observer.stops.isEmpty)
        bench.source.isUnreachable = false
        #expect(bench.rounds { bench.next() == 30 })
        #expect(bench.ids() == Array(0..<30))
    }

    @Test func manyLostConnectionsKeepTheLastRecordUnderSuspicion() {
        let bench = WorkerBench { $0.checkpointIntervalMilliseconds = 100_000 }
        bench.source.batchSize = 1
        bench.fill(40)
        bench.source.script(.assign([p0]))
        for _ in 0..<15 {
            bench.source.script(.connectionLost)
            bench.rounds(2)
        }
        let read = bench.source.positions[p0]?.rawValue ?? 0
        // Only the newest records are gone: the older ones are what they were.
        bench.log.truncate(p0, to: Offset(read - 4))
        bench.source.script(.revoke([p0], lost: false))
        bench.rounds(1)
        #expect(bench.observer.stops.first?.reason.code == .logTruncated)
        #expect(bench.next() == nil)
    }

    @Test func aFencedCommitStopsItsPartitionAndTheOthersGoOn() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.fill(20, in: p1)
        bench.source.script(.assign([p0, p1]))
        bench.store.script(.commit, .claimedByAnother)
        #expect(bench.rounds { bench.next(self.p1) == 20 && !bench.lane.isBusy })
        #expect(bench.observer.stops.map(\.partition) == [p0])
        #expect(bench.observer.stops.first?.reason.code == .fenced && bench.observer.fenced == 1)
        #expect(bench.ids() == [] && bench.ids(p1) == Array(0..<20))
        bench.fill(5, in: p1, from: 20)
        bench.fill(5, from: 20)
        #expect(bench.rounds { bench.next(self.p1) == 25 })
        #expect(bench.next() == nil && bench.worker.lastFailure == nil)
    }

    static let lostCommits: [[StoreIncident]] = [
        [.lostBefore], [.lostAfter], [.transient, .lostAfter], [.lostBefore, .lostBefore, .transient],
    ]

    @Test(arguments: lostCommits)
    func aCommitWithoutAnAnswerIsFoundOutAbout(_ incidents: [StoreIncident]) {
        let bench = WorkerBench()
        bench.fill(20)
        bench.source.script(.assign([p0]))
        for incident in incidents.reversed() { bench.store.script(.commit, incident) }
        bench.store.script(.reclaim, .transient)
        #expect(bench.rounds { bench.next() == 20 && !bench.lane.isBusy })
        bench.fill(10, from: 20)
        #expect(bench.rounds { bench.next() == 30 })
        #expect(bench.ids() == Array(0..<30) && bench.observer.stops.isEmpty)
        #expect(bench.lane.retries >= incidents.count)
    }

    /// The leader of one partition stays away: the others are compared and committed.
    @Test func aPartitionWhoseLogCannotBeComparedHoldsUpNoOther() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.fill(20, in: p1)
        bench.source.script(.assign([p0, p1]))
        #expect(bench.rounds { bench.next() == 20 && bench.next(self.p1) == 20 })
        bench.source.unreachable = [p0]
        bench.fill(10, from: 20)
        bench.fill(10, in: p1, from: 20)
        bench.source.script(.connectionLost)
        #expect(bench.rounds { bench.next(self.p1) == 30 })
        #expect(bench.next() == 20)
        bench.source.unreachable = []
        #expect(bench.rounds { bench.next() == 30 })
        #expect(bench.ids() == Array(0..<30) && bench.ids(p1) == Array(0..<30))
    }

    /// Nothing that was cut off had been committed: no operator has to move anything.
    @Test func aLogThatLostOnlyWhatWasNotCommittedNamesNoMove() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.next() == 20 })
        bench.fill(10, from: 20)
        #expect(bench.rounds { bench.source.positions[self.p0] == Offset(30) })
        bench.log.truncate(p0, to: Offset(25))
        bench.source.script(.connectionLost)
        #expect(bench.rounds { !bench.observer.stops.isEmpty })
        let message = bench.observer.stops.first?.reason.message ?? ""
        #expect(message.contains("start the process again") && !message.contains("progress set"), "\(message)")
        #expect(message.contains("sightings/0: the log ends at 25, but records up to 29 were read"))
        #expect(bench.next() == 20)
    }

    /// The server came to its end and back between two answers: the epoch was raised by this worker's own reclaim, which
    /// is not another owner.
    @Test func aReclaimWithoutAnAnswerIsNoFence() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.source.script(.assign([p0]))
        bench.store.script(.commit, .lostBefore)
        bench.store.script(.reclaim, .lostAfter, .lostAfter)
        #expect(bench.rounds { bench.next() == 20 && !bench.lane.isBusy })
        bench.fill(10, from: 20)
        #expect(bench.rounds { bench.next() == 30 })
        #expect(bench.ids() == Array(0..<30) && bench.observer.stops.isEmpty)
    }

    @Test func theGroupHearsOfAnOffsetOnlyOnceItIsCommitted() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.lane.latency = { nil }
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.lane.isBusy })
        bench.rounds(20)
        #expect(bench.source.mirrored.isEmpty && bench.next() == nil)
        bench.lane.latency = { 0 }
        #expect(bench.rounds { bench.source.mirrored[self.p0] == Offset(20) })
        #expect(bench.next() == 20)
    }

    @Test func anErrorThatStaysEndsTheWorkerAndNothingIsCommitted() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.source.script(.assign([p0]))
        bench.store.script(.commit, .permanent)
        #expect(throws: WorkerFailure.self) { try bench.worker.run() }
        #expect(bench.worker.lastFailure?.code == .store && bench.next() == nil && bench.source.isClosed)
    }

    @Test func aFatalErrorOfTheSourceEndsTheWorker() {
        for code in [SourceError.Code.fencedInstance, .other] {
            let bench = WorkerBench()
            bench.fill(20)
            bench.source.script(.assign([p0]))
            bench.rounds(2)
            bench.source.script(.fatal(SourceError(code, "fenced instance id")))
            #expect(throws: WorkerFailure.self) { try bench.worker.run() }
            #expect(bench.worker.lastFailure?.code == (code == .fencedInstance ? .fencedInstance : .source))
            #expect(bench.worker.lastFailure?.message == "fenced instance id")
            #expect(bench.database.commits == 0 && bench.source.isClosed)
        }
    }

    @Test func offsetsOutOfRangeStopThePartitionAndSayWhichAreGone() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.fill(20, in: p1)
        bench.source.script(.assign([p0, p1]))
        #expect(bench.rounds { bench.next() == 20 && bench.next(self.p1) == 20 })
        bench.fill(20, from: 20)
        bench.source.script(.run { bench.log.removeBefore(Partition(0), Offset(30)) })
        bench.fill(5, in: p1, from: 20)
        #expect(bench.rounds { bench.next(self.p1) == 25 })
        #expect(bench.observer.stops.map(\.reason.code) == [.recordsGone])
        #expect(bench.observer.stops.first?.reason.message.contains("sightings/0: offsets 20 to 29") == true)
        #expect(bench.next() == 20)
    }

    @Test func aLogThatCannotBeAskedAtAssignmentEndsTheWorkerAfterTheLimit() {
        let bench = WorkerBench()
        bench.source.isUnreachable = true
        bench.source.script(.assign([p0]))
        bench.rounds(1)
        #expect(bench.worker.lastFailure?.code == .source && bench.clock.now >= 30_000)
    }

    @Test func aWorkerWhoseStoreHangsDoesNotSpin() {
        let bench = WorkerBench()
        bench.fill(20)
        bench.lane.latency = { nil }
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.lane.isBusy })
        bench.fill(5, from: 20)
        bench.rounds(60)
        #expect(bench.source.idleTimeouts.suffix(30).allSatisfy { $0 == 50 }, "\(bench.source.idleTimeouts)")
        bench.lane.latency = { 0 }
        #expect(bench.rounds { bench.next() == 25 })
    }

    @Test func readingGoesOnAfterARevokeHasEmptiedTheBacklog() {
        let bench = WorkerBench { $0.maximumPendingRows = 20 }
        bench.fill(200)
        bench.fill(200, in: p1)
        bench.lane.latency = { nil }
        bench.source.script(.assign([p0, p1]))
        #expect(bench.rounds { bench.source.paused == [p0, p1] })
        // The store is back just as one of the partitions is taken away: the revoke commits everything.
        bench.lane.latency = { 0 }
        bench.source.script(.revoke([p1], lost: false))
        #expect(bench.rounds { bench.next() == 200 })
        #expect(bench.ids() == Array(0..<200))
    }

    @Test func readingGoesOnAfterAPartitionCameWhileItWasPaused() {
        let bench = WorkerBench { $0.maximumPendingRows = 20 }
        bench.fill(200)
        bench.fill(200, in: p1)
        bench.lane.latency = { nil }
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.source.paused == [p0] })
        bench.lane.latency = { 0 }
        bench.source.script(.assign([p1]))
        #expect(bench.rounds { bench.next() == 200 && bench.next(self.p1) == 200 })
        #expect(bench.ids() == Array(0..<200) && bench.ids(p1) == Array(0..<200))
    }

    @Test func aLogThatCannotBeComparedDoesNotLiftTheLimit() {
        let bench = WorkerBench { $0.maximumPendingRows = 20 }
        bench.fill(15)
        bench.source.script(.assign([p0]))
        #expect(bench.rounds { bench.next() == 15 })
        bench.source.script(.connectionLost)
        bench.source.isUnreachable = true
        bench.fill(1_000, from: 15)
        bench.rounds(200)
        #expect(bench.source.delivered < 100, "\(bench.source.delivered)")
        bench.source.isUnreachable = false
        #expect(bench.rounds(atMost: 3_000) { bench.next() == 1_015 })
        #expect(bench.ids() == Array(0..<1_015))
    }
}
