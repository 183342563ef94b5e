import Connectors
import Streams
import Testing

@testable import Sluice

/// What is shown of a change, and whether it is still what was shown once the question is answered.
@Suite struct ProgressPlanTests {
    private func situation(log: ClosedRange<Int64>, firstReadable: Int64? = nil) -> MoveSituation {
        var progress = PartitionProgress(nextOffset: Offset(100), streamTime: EventTime(rawValue: 7))
        progress.counters.records = 100
        progress.marks = [HorizonMark(offset: Offset(0), streamTime: .distantPast)]
        return MoveSituation(
            topic: "events", partition: Partition(3), progress: progress,
            bounds: LogBounds(start: Offset(log.lowerBound), end: Offset(log.upperBound)), lastApplied: .unknown,
            outlivedItsLog: false, firstReadable: firstReadable.map { Offset($0) })
    }

    private func plan(_ move: OperatorMove, _ situation: MoveSituation, redriven: Int64 = 0) throws -> ProgressPlan {
        let change = ProgressChange(
            topic: "events", partition: Partition(3), move: move, reason: "asked", who: "ops@host",
            bounds: situation.bounds,
            seen: ProgressState(epoch: Epoch(1), owner: "a", progress: situation.progress),
            after: try move.progress(in: situation))
        return ProgressPlan(job: "job", change: change, situation: situation, removed: [], redriven: redriven)
    }

    private func refusal(_ plan: ProgressPlan, in now: MoveSituation) -> String? {
        do throws(CommandFailure) {
            _ = try plan.change(in: now)
            return nil
        } catch {
            return error.message
        }
    }

    /// The question can stand for an hour, and retention goes on.
    @Test func aRewindIsRefusedWhereTheLogLostRecordsWhileItAsked() throws {
        let plan = try plan(.rewind, situation(log: 0...200))
        #expect(try plan.change(in: situation(log: 0...250)).bounds.end == Offset(250))
        let text = try #require(refusal(plan, in: situation(log: 1...200)))
        #expect(text.contains("nothing was changed") && text.contains("the log begins at 1"), "\(text)")
    }

    @Test func aGapThatCostsMoreThanWasShownIsShownAgain() throws {
        let plan = try plan(.acceptGap(to: Offset(150)), situation(log: 0...200, firstReadable: 150))
        #expect(refusal(plan, in: situation(log: 0...220, firstReadable: 150)) == nil)
        let text = try #require(refusal(plan, in: situation(log: 0...200, firstReadable: 120)))
        #expect(text.contains("events/3: nothing was changed") && text.contains("Look again"), "\(text)")
    }

    @Test func aHoleIsNotSaidToBeHeldByTheLog() throws {
        let move = OperatorMove.acceptGap(to: Offset(150))
        let hole = try plan(move, situation(log: 0...200, firstReadable: 150))
        #expect(hole.text.contains("50 of them; the log has none of them"), "\(hole.text)")
        let part = try plan(move, situation(log: 0...200, firstReadable: 140))
        #expect(part.text.contains("STILL HOLDS up to 10; so no id before 150 is remembered"), "\(part.text)")
    }

    /// Of a compacted topic: the last applied record is gone, and an older one was compared.
    @Test func theRecordThatWasComparedIsNamed() throws {
        func text(_ lastApplied: MoveSituation.LastApplied, compared: Int64?) throws -> String {
            var situation = situation(log: 0...200)
            situation.progress.anchor = Anchor(offset: Offset(99), timestampMilliseconds: 5, hash: 6)
            situation.lastApplied = lastApplied
            situation.compared = compared.map { Anchor(offset: Offset($0), timestampMilliseconds: 5, hash: 6) }
            return try plan(.acceptGap(to: Offset(150)), situation).text
        }
        #expect(try text(.unchanged, compared: nil).contains("the last applied record (99) is in it\n"))
        #expect(try text(.unchanged, compared: 99).contains("the last applied record (99) is in it\n"))
        #expect(
            try text(.unchanged, compared: 40).contains(
                "an applied record (40) is in it, the last one (99) is not in it any more\n"))
        #expect(try text(.unknown, compared: nil).contains("the last applied record (99) is NOT in it to be compared"))
        var other = situation(log: 0...200)
        other.progress.anchor = Anchor(offset: Offset(99), timestampMilliseconds: 5, hash: 6)
        other.lastApplied = .replaced
        other.compared = Anchor(offset: Offset(40), timestampMilliseconds: 5, hash: 6)
        #expect(
            try plan(.acceptTruncation(at: Offset(40)), other).text.contains(
                "ANOTHER record stands at the place of an applied one (40), the last one (99) is not in it any more"))
    }

    @Test func lettersThatWereSentAgainAreNamedOnARewind() throws {
        let without = try plan(.rewind, situation(log: 0...200))
        #expect(without.text.contains("applied again from 0 on") && !without.text.contains("SENT AGAIN"))
        let with = try plan(.rewind, situation(log: 0...200), redriven: 12)
        #expect(with.text.contains("12 of its dead letters had been SENT AGAIN"), "\(with.text)")
        #expect(with.text.contains("charged at both places"))
    }
}
