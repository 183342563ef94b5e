import Streams
import TestKit
import Testing

@Suite struct CommitMachineTests {
    private typealias Machine = CommitMachine<SightingOutput>

    /// A real cut, with the numbers of the test in it.
    private func cut(
        _ partition: Int32, epoch: Int64 = 1, from: Int64? = 10, to: Int64 = 20
    ) -> PartitionCut<SightingOutput> {
        let core = JobCore(job: "j", topic: "t", logic: SightingLogic(), settings: StreamSettings())
        let claim = Claim(partition: Partition(partition), epoch: Epoch(epoch), progress: PartitionProgress())
        _ = core.assigned(claim, bounds: LogBounds(start: Offset(0), end: Offset(1)))
        let entry = SimulatedLog.Entry(
            offset: Offset(0), timestampMilliseconds: 1, value: SightingLogic.value(1, at: 1))
        RecordBlock([(Partition(partition), entry)]).withRecords { core.process($0) { _ in [] } }
        guard var cut = core.cut()?.cuts.first else { preconditionFailure("one record is one cut") }
        cut.expectedNextOffset = from.map { Offset($0) }
        cut.progress.nextOffset = Offset(to)
        return cut
    }

    private func machine(_ partitions: Int32...) -> Machine {
        CommitMachine(Checkpoint(cuts: partitions.map { cut($0) }))
    }

    private func claim(_ partition: Int32, epoch: Int64 = 2, next: Int64?) -> Claim {
        Claim(
            partition: Partition(partition), epoch: Epoch(epoch),
            progress: PartitionProgress(nextOffset: next.map { Offset($0) }))
    }

    /// An action in one line.
    private func text(_ action: Machine.Action) -> String {
        func list(_ cuts: [PartitionCut<SightingOutput>]) -> String {
            cuts.map { "\($0.partition)@\($0.epoch)" }.joined(separator: ",")
        }
        switch action {
        case .commit(let checkpoint): return "commit \(list(checkpoint.cuts))"
        case .reclaim(let owned):
            return "reclaim " + owned.map { "\($0.partition)@\($0.epoch)" }.joined(separator: ",")
        case .wait(let milliseconds, let retry): return "wait \(milliseconds) \(retry)"
        case .done(let outcome):
            let failure = outcome.failure.map { " failed \($0.code)" } ?? ""
            return "done committed[\(list(outcome.committed))] fenced[\(list(outcome.fenced))]\(failure)"
        }
    }

    @Test func aCheckpointIsSentInTheOrderOfPartitions() {
        #expect(text(machine(3, 1, 2).start()) == "commit 1@1,2@1,3@1")
        #expect(text(CommitMachine<SightingOutput>(Checkpoint(cuts: [])).start()) == "done committed[] fenced[]")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        var state: State
        var event: String
        var code: StoreError.Code?
        var action: String
        enum State: Sendable { case committing, reclaiming }
        var testDescription: String { "\(state), \(event)" }
    }

    static let table = [
        Row(state: .committing, event: "succeeded", action: "done committed[1@1,2@1] fenced[]"),
        Row(state: .committing, event: "transient", code: .transient, action: "wait 50 commit"),
        Row(state: .committing, event: "no answer", code: .outcomeUnknown, action: "wait 50 reclaim"),
        Row(
            state: .committing, event: "permanent", code: .permanent,
            action: "done committed[] fenced[] failed permanent"),
        Row(
            state: .committing, event: "cancelled", code: .cancelled,
            action: "done committed[] fenced[] failed cancelled"),
        Row(state: .committing, event: "one fenced", code: .fenced([Partition(1)]), action: "commit 2@1"),
        Row(
            state: .committing, event: "both fenced", code: .fenced([Partition(2), Partition(1)]),
            action: "done committed[] fenced[1@1,2@1]"),
        Row(
            state: .committing, event: "somebody else fenced", code: .fenced([Partition(9)]),
            action: "done committed[] fenced[] failed fenced([9])"),
        Row(
            state: .committing, event: "nobody fenced", code: .fenced([]),
            action: "done committed[] fenced[] failed fenced([])"),
        Row(state: .reclaiming, event: "transient", code: .transient, action: "wait 100 reclaim"),
        Row(state: .reclaiming, event: "no answer", code: .outcomeUnknown, action: "wait 100 reclaim"),
        Row(state: .reclaiming, event: "fenced", code: .fenced([Partition(1)]), action: "wait 100 reclaim"),
        Row(
            state: .reclaiming, event: "permanent", code: .permanent,
            action: "done committed[] fenced[] failed permanent"),
        Row(
            state: .reclaiming, event: "cancelled", code: .cancelled,
            action: "done committed[] fenced[] failed cancelled"),
    ]

    @Test(arguments: table)
    func everyEventInEveryState(_ row: Row) {
        var machine = machine(1, 2)
        _ = machine.start()
        if row.state == .reclaiming {
            _ = machine.commitFailed(StoreError(.outcomeUnknown, ""))
            _ = machine.retry(.reclaim)
        }
        let action: Machine.Action =
            switch (row.state, row.code) {
            case (_, nil): machine.commitSucceeded()
            case (.committing, let code?): machine.commitFailed(StoreError(code, "m"))
            case (.reclaiming, let code?): machine.reclaimFailed(StoreError(code, "m"))
            }
        #expect(text(action) == row.action)
    }

    @Test func aLostCommitThatWasAppliedIsFoundCommitted() {
        var machine = machine(1, 2)
        _ = machine.start()
        #expect(text(machine.commitFailed(StoreError(.outcomeUnknown, ""))) == "wait 50 reclaim")
        #expect(text(machine.retry(.reclaim)) == "reclaim 1@1,2@1")
        #expect(
            text(machine.reclaimed([claim(1, next: 20), claim(2, next: 20)])) == "done committed[1@2,2@2] fenced[]")
    }

    @Test func aLostCommitThatWasNotAppliedIsSentAgainUnderTheNewEpoch() {
        var machine = machine(1, 2)
        _ = machine.start()
        _ = machine.commitFailed(StoreError(.outcomeUnknown, ""))
        #expect(text(machine.reclaimed([claim(2, epoch: 5, next: 10), claim(1, next: 10)])) == "commit 1@2,2@5")
        #expect(text(machine.commitSucceeded()) == "done committed[1@2,2@5] fenced[]")
        #expect(machine.retries == 1)
    }

    @Test func theFirstCommitOfAPartitionExpectsNothing() {
        var machine = Machine(Checkpoint(cuts: [cut(1, from: nil)]))
        _ = machine.start()
        _ = machine.commitFailed(StoreError(.outcomeUnknown, ""))
        #expect(text(machine.reclaimed([claim(1, next: nil)])) == "commit 1@2")
    }

    @Test func whatIsNotOursAnyMoreAfterALostCommitIsFenced() {
        var machine = machine(1, 2, 3)
        _ = machine.start()
        _ = machine.commitFailed(StoreError(.outcomeUnknown, ""))
        // 1 was claimed by another, 2 stands where nobody put it, 3 is as before.
        #expect(text(machine.reclaimed([claim(2, next: 15), claim(3, next: 10)])) == "commit 3@2")
        #expect(text(machine.commitSucceeded()) == "done committed[3@2] fenced[1@1,2@2]")
    }

    @Test func waitsGrowToTwoSecondsAndNoFurther() {
        var machine = machine(1)
        _ = machine.start()
        let waits = (0..<9).map { _ in text(machine.commitFailed(StoreError(.transient, ""))) }
        #expect(waits.map { Int($0.split(separator: " ")[1]) } == [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000])
        #expect(machine.retries == 9)
        #expect(text(machine.retry(.commit)) == "commit 1@1")
        // Another partition's fence says that the store answers: patience starts anew.
        #expect(text(machine.commitSucceeded()) == "done committed[1@1] fenced[]")
    }

    @Test func partOfACheckpointMayBeFencedAfterItWasPartlyDecided() {
        var machine = machine(1, 2, 3)
        _ = machine.start()
        #expect(text(machine.commitFailed(StoreError(.fenced([Partition(2)]), ""))) == "commit 1@1,3@1")
        #expect(text(machine.commitFailed(StoreError(.outcomeUnknown, ""))) == "wait 50 reclaim")
        #expect(
            text(machine.reclaimed([claim(1, next: 20), claim(3, next: 20)]))
                == "done committed[1@2,3@2] fenced[2@1]")
    }
}
