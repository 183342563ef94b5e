import Streams
import Testing

/// What an operator must not do to a partition, and what the command says instead.
@Suite struct MoveRefusalTests {
    private let anchor = Anchor(offset: Offset(99), timestampMilliseconds: 5, hash: 6)

    private func situation(
        next: Int64? = 100, log: ClosedRange<Int64> = 0...200, lastApplied: MoveSituation.LastApplied = .unchanged,
        outlivedItsLog: Bool = false, skipped: Int64 = 0
    ) -> MoveSituation {
        var progress = PartitionProgress(nextOffset: next.map { Offset($0) }, streamTime: EventTime(rawValue: 7))
        progress.anchor = next == nil ? nil : anchor
        progress.marks = [HorizonMark(offset: Offset(0), streamTime: .distantPast)]
        progress.counters.records = (next ?? 0) - skipped
        progress.counters.skippedOffsets = skipped
        return MoveSituation(
            topic: "events", partition: Partition(3), progress: progress,
            bounds: LogBounds(start: Offset(log.lowerBound), end: Offset(log.upperBound)), lastApplied: lastApplied,
            outlivedItsLog: outlivedItsLog)
    }

    private func refusal(_ move: OperatorMove, _ situation: MoveSituation) -> String {
        do throws(MoveRefusal) {
            let progress = try move.progress(in: situation)
            return "moved to \(progress.nextOffset?.description ?? "the beginning")"
        } catch {
            return error.message
        }
    }

    private func expect(
        _ move: OperatorMove, _ situation: MoveSituation, _ parts: String...,
        at place: SourceLocation = #_sourceLocation
    ) {
        let text = refusal(move, situation)
        for part in ["events/3: "] + parts {
            #expect(text.contains(part), "\(text)", sourceLocation: place)
        }
    }

    @Test func aGapLiesBehindTheNextOffsetAndWithinTheLog() {
        #expect(refusal(.acceptGap(to: Offset(150)), situation()) == "moved to 150")
        #expect(refusal(.acceptGap(to: Offset(200)), situation()) == "moved to 200")
        #expect(
            refusal(.acceptGap(to: Offset(120)), situation(log: 120...200, lastApplied: .unknown)) == "moved to 120")
        expect(.acceptGap(to: Offset(201)), situation(), "offset 201 lies beyond the log's end", "200")
        expect(.acceptGap(to: Offset(110)), situation(log: 120...200), "offset 110 lies before the log's", "give 120")
        expect(.acceptGap(to: Offset(100)), situation(), "the next one already", "--forget-ids")
        expect(
            .acceptGap(to: Offset(50)), situation(), "offset 50 lies before the next one, 100", "counted twice",
            "--rewind")
        expect(
            .acceptGap(to: Offset(80)), situation(log: 0...90), "the log ends at 90", "--accept-truncation-at",
            "--new-log-from")
        expect(.acceptGap(to: Offset(150)), situation(lastApplied: .replaced), "offset 99", "--accept-truncation-at")
    }

    @Test func aTruncationIsAcceptedWhereTheLogShowsOne() {
        #expect(refusal(.acceptTruncation(at: Offset(90)), situation(log: 0...90)) == "moved to 90")
        #expect(refusal(.acceptTruncation(at: Offset(95)), situation(lastApplied: .replaced)) == "moved to 95")
        // The same log, or one that cannot be told from it: everything behind the offset would count twice.
        expect(
            .acceptTruncation(at: Offset(50)), situation(), "nothing shows that the log was cut off",
            "the record at offset 99 is the one that was applied last", "Records from 50 on would be counted twice",
            "--rewind")
        expect(
            .acceptTruncation(at: Offset(50)), situation(lastApplied: .unknown), "counted twice", "offset 99",
            "not in it")
        expect(.acceptTruncation(at: Offset(91)), situation(log: 0...90), "offset 91 lies beyond the log's end", "90")
        expect(.acceptTruncation(at: Offset(9)), situation(log: 10...90), "offset 9 lies before the log's beginning")
        expect(.acceptTruncation(at: Offset(100)), situation(lastApplied: .replaced), "has lost nothing")
    }

    @Test func aNewLogIsNotTheOneThatWasRead() {
        #expect(refusal(.newLog(from: Offset(0)), situation(log: 0...20)) == "moved to 0")
        #expect(refusal(.newLog(from: Offset(0)), situation(lastApplied: .replaced)) == "moved to 0")
        // Nothing proves that it is the old one.
        #expect(refusal(.newLog(from: Offset(110)), situation(log: 110...200, lastApplied: .unknown)) == "moved to 110")
        expect(.newLog(from: Offset(0)), situation(), "not another log", "offset 99", "counted twice", "--rewind")
        expect(.newLog(from: Offset(21)), situation(log: 0...20), "beyond the log's end")
        // Nor does anything show that it is another one.
        expect(
            .newLog(from: Offset(60)), situation(log: 50...200, lastApplied: .unknown),
            "nothing shows that this is another log", "offset 99", "Records from 60 to before the next one, 100",
            "counted twice", "--rewind")
        var unanchored = situation(lastApplied: .unknown)
        unanchored.progress.anchor = nil
        expect(.newLog(from: Offset(0)), unanchored, "no last applied record is remembered", "counted twice")
        #expect(refusal(.newLog(from: Offset(100)), unanchored) == "moved to 100")
    }

    @Test func aRewindNeedsEveryRecordThatWasApplied() throws {
        // The place is named: a log that begins behind it by the time that somebody claims it has lost records.
        #expect(try OperatorMove.rewind.progress(in: situation()) == .beginning(at: Offset(0)))
        // Began at 40, and the log still does.
        var late = situation(log: 40...200)
        late.progress.counters.records = 60
        #expect(refusal(.rewind, late) == "moved to 40")
        #expect(refusal(.rewind, situation(skipped: 7)) == "moved to 0")
        expect(
            .rewind, situation(log: 1...200), "the log begins at 1, but the results hold records from 0 on",
            "would be lost", "restore offsets 0 to 0")
        expect(.rewind, situation(log: 12...200, lastApplied: .unknown, skipped: 7), "from 0 on", "0 to 11")
        expect(.rewind, situation(lastApplied: .replaced), "this log does not hold", "--new-log-from")
        expect(.rewind, situation(log: 0...90), "this log does not hold", "--accept-truncation-at")
        expect(.rewind, situation(outlivedItsLog: true), "this log does not hold", "--schema-prefix")
    }

    @Test func aPartitionThatWasNeverAppliedNeedsNoMove() {
        for move in [OperatorMove.rewind, .forgetIDs, .acceptGap(to: Offset(5)), .newLog(from: Offset(0))] {
            expect(move, situation(next: nil), "nothing of it was ever applied")
        }
    }

    @Test func forgottenIDsKeepThePlaceAndTheStreamTime() throws {
        let moved = try OperatorMove.forgetIDs.progress(in: situation())
        #expect(moved.nextOffset == Offset(100))
        #expect(moved.marks == [HorizonMark(offset: Offset(100), streamTime: EventTime(rawValue: 7))])
        // The place is the same, so the record before it still tells whether the log is.
        #expect(moved.anchor == anchor && moved.counters.skippedOffsets == 0)
    }

    @Test func idsAreNotForgottenInAnotherLog() {
        expect(
            .forgetIDs, situation(lastApplied: .replaced), "not the log that was read", "never applied",
            "--accept-truncation-at or --new-log-from")
        expect(.forgetIDs, situation(log: 0...90), "not the log that was read", "--new-log-from")
        expect(
            .forgetIDs, situation(log: 120...200, lastApplied: .unknown), "offset 100 is gone", "--accept-gap-to 120")
        #expect(refusal(.forgetIDs, situation(lastApplied: .unknown)) == "moved to 100")
    }

    /// Bounds reach over a hole; what counts is whether a record stands in it.
    @Test func aHoleInTheLogHoldsNothing() throws {
        let move = OperatorMove.acceptGap(to: Offset(150))
        let marks = situation().progress.marks
        var hole = situation()
        for (first, readable) in [(150, 0), (170, 0), (140, 10), (100, 50)] as [(Int64, Int64)] {
            hole.firstReadable = Offset(first)
            #expect(hole.readable(before: Offset(150)) == readable)
            let moved = try move.progress(in: hole)
            #expect(moved.marks.starts(with: marks) == (readable == 0), "first record \(first)")
            #expect(moved.counters.skippedOffsets == 50)
        }
    }
}
