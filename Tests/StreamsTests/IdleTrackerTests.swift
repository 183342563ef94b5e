import Streams
import Testing

@Suite struct IdleTrackerTests {
    private var tracker = IdleTracker(samples: 3)

    private func place(_ partition: Int32, at offset: Int64, epoch: Int64 = 1) -> IdleTracker.Place {
        IdleTracker.Place(partition: Partition(partition), epoch: Epoch(epoch), offset: Offset(offset))
    }

    @Test mutating func aPartitionIsIdleAfterSoManySamplesAtOnePlace() {
        for _ in 1...2 {
            tracker.sampled([place(0, at: 7)])
            #expect(tracker.due == [])
        }
        tracker.sampled([place(0, at: 7)])
        #expect(tracker.due == [place(0, at: 7)])
    }

    @Test mutating func whatWasNotedIsNotDueAgainAndWhatFailedIs() {
        for _ in 1...3 { tracker.sampled([place(1, at: 4), place(0, at: 7)]) }
        #expect(tracker.due == [place(0, at: 7), place(1, at: 4)])
        tracker.noted(place(0, at: 7))
        for _ in 1...3 {
            tracker.sampled([place(0, at: 7), place(1, at: 4)])
            #expect(tracker.due == [place(1, at: 4)])
        }
    }

    @Test mutating func whoMovesOrChangesOwnerStartsAnew() {
        for _ in 1...3 { tracker.sampled([place(0, at: 7)]) }
        tracker.sampled([place(0, at: 8)])
        #expect(tracker.due == [])
        // Late news of the place before changes nothing.
        tracker.noted(place(0, at: 7))
        for _ in 1...2 { tracker.sampled([place(0, at: 8)]) }
        #expect(tracker.due == [place(0, at: 8)])
        tracker.sampled([place(0, at: 8, epoch: 2)])
        #expect(tracker.due == [])
    }

    @Test mutating func whoHasSomethingToReadInBetweenStartsAnew() {
        for _ in 1...2 { tracker.sampled([place(0, at: 7)]) }
        tracker.sampled([])
        for _ in 1...2 { tracker.sampled([place(0, at: 7)]) }
        #expect(tracker.due == [])
    }
}
