import Synchronization
import Testing

@testable import SpendAggregator
@testable import Streams

struct StreamVitalsTests {
    private final class Clock: Sendable {
        private let time = Atomic<Int64>(1_000_000)
        @Sendable func now() -> Int64 { time.load(ordering: .relaxed) }
        func advance(_ milliseconds: Int64) { time.wrappingAdd(milliseconds, ordering: .relaxed) }
    }

    private let clock = Clock()
    private let vitals: StreamVitals
    private static let unix: Int64 = 1_700_000_000_000

    init() {
        let clock = clock
        vitals = StreamVitals(now: clock.now)
    }

    private func snapshot(
        _ partition: Int32, phase: PartitionSnapshot.Phase = .running, streamTime: Int64, pending: Int64 = -1
    ) -> PartitionSnapshot {
        PartitionSnapshot(
            partition: Partition(partition), phase: phase, stopReason: nil, epoch: Epoch(1), expected: Offset(10),
            committedNext: nil, streamTime: EventTime(milliseconds: streamTime), counters: PartitionCounters(),
            countersAtClaim: PartitionCounters(), rememberedIDs: 0, horizonBytes: 0, oldestPendingMilliseconds: pending,
            lastTimestampMilliseconds: streamTime)
    }

    private func sampled(_ snapshots: [PartitionSnapshot]) {
        vitals.sampled(snapshots, knownEnds: [:], unixMilliseconds: Self.unix)
    }

    @Test("nothing is measured before the worker runs and after it has ended")
    func outside() {
        #expect(vitals.oldestUnappliedSeconds == nil)
        #expect(vitals.storeRefusedSeconds == nil)
        #expect(vitals.stoppedPartitions == nil)
        vitals.began()
        #expect(vitals.oldestUnappliedSeconds == 0)
        #expect(vitals.storeRefusedSeconds == 0)
        vitals.storeRefused()
        vitals.ended()
        #expect(vitals.storeRefusedSeconds == nil)
    }

    @Test("an age grows while the worker says nothing; where nothing waited, after a while as well")
    func growing() {
        vitals.began()
        sampled([snapshot(0, streamTime: Self.unix, pending: Self.unix - 4_000)])
        clock.advance(6_000)
        #expect(vitals.oldestUnappliedSeconds == 10)
        sampled([snapshot(0, streamTime: Self.unix)])
        #expect(vitals.oldestUnappliedSeconds == 0)
        clock.advance(StreamVitals.silenceMilliseconds)
        #expect(vitals.oldestUnappliedSeconds == 0)
        clock.advance(17_500)
        #expect(vitals.oldestUnappliedSeconds == 20)
    }

    @Test("the slowest partition that has something to read is behind the newest; an idle one holds nothing back")
    func behind() {
        #expect(vitals.watermarkBehindSeconds == nil)
        sampled([snapshot(0, streamTime: Self.unix), snapshot(1, streamTime: Self.unix - 90_000)])
        #expect(vitals.watermarkBehindSeconds == 0)
        sampled([
            snapshot(0, streamTime: Self.unix), snapshot(1, streamTime: Self.unix - 90_000, pending: Self.unix - 1_000),
        ])
        #expect(vitals.watermarkBehindSeconds == 90)
    }

    @Test("a refusal is bad at once, from the first one on, and over with the first that goes through")
    func refused() {
        vitals.began()
        vitals.storeRefused()
        #expect((vitals.storeRefusedSeconds ?? 0) > 0)
        clock.advance(3_000)
        vitals.storeRefused()
        clock.advance(2_000)
        #expect(vitals.storeRefusedSeconds == 5)
        vitals.storeAccepted()
        #expect(vitals.storeRefusedSeconds == 0)
    }

    @Test("checkpoints without an outcome are the cause of an age, unless a refusal says more or nothing waits")
    func withoutOutcome() {
        vitals.began()
        sampled([snapshot(0, streamTime: Self.unix, pending: Self.unix - 4_000)])
        clock.advance(StreamVitals.outcomeLimitMilliseconds)
        #expect(vitals.unappliedCause == nil)
        clock.advance(1)
        #expect(vitals.unappliedCause?.contains("neither succeed nor fail") == true)
        vitals.checkpointEnded()
        #expect(vitals.unappliedCause == nil)
        clock.advance(StreamVitals.outcomeLimitMilliseconds + 1)
        sampled([snapshot(0, streamTime: Self.unix)])
        #expect(vitals.unappliedCause == nil)
        sampled([snapshot(0, streamTime: Self.unix, pending: Self.unix - 4_000)])
        #expect(vitals.unappliedCause != nil)
        vitals.storeRefused()
        clock.advance(StreamVitals.outcomeLimitMilliseconds + 1)
        #expect(vitals.unappliedCause == nil)
    }

    @Test("stopped partitions are counted")
    func stopped() {
        sampled([snapshot(0, phase: .stopped, streamTime: Self.unix), snapshot(1, streamTime: Self.unix)])
        #expect(vitals.stoppedPartitions == 1)
    }
}
