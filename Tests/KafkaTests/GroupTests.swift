import Glibc
import Kafka
import LocalServers
import Streams
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct GroupTests {
    @Test func aStaticMemberComesBackAndItsTwinIsFenced() async throws {
        let (configuration, topic) = try await newTopic("static", partitions: 2)
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered(topic, Partition(0), 0..<100)
            try producer.produceNumbered(topic, Partition(1), 0..<100)
            try producer.flush(timeoutMilliseconds: 10_000)
            let settings = KafkaConsumer.Settings(group: topic, groupInstanceID: "pod-0")

            let first = try TestConsumer(configuration, settings, topic: topic)
            try first.poll(until: "all records") { first.records.count == 200 }
            try first.consumer.close()
            #expect(first.recorder.revocations.count == 1)

            // A static member does not leave the group: under its id it has its partitions again at once.
            let restarted = ContinuousClock.now
            let second = try TestConsumer(configuration, settings, topic: topic, next: first.recorder.next)
            try second.poll(until: "the assignment") { !second.recorder.assignments.isEmpty }
            #expect(ContinuousClock.now - restarted < .seconds(6))
            #expect(second.recorder.owned == [Partition(0), Partition(1)])
            try producer.produceNumbered(topic, Partition(0), 100..<110)
            try producer.flush(timeoutMilliseconds: 10_000)
            try second.poll(until: "ten more records") { second.records.count == 10 }
            #expect(second.offsets(Partition(0)) == Array(100..<110))
            #expect(second.recorder.fatals.isEmpty)

            // A twin takes the id over while the second still polls.
            let twin = try TestConsumer(configuration, settings, topic: topic, next: second.recorder.next)
            try twin.poll(until: "the twin's assignment") { !twin.recorder.assignments.isEmpty }
            try second.poll(until: "the fence") { !second.recorder.fatals.isEmpty }
            let fence = try #require(second.recorder.fatals.first)
            #expect(fence.code == .fencedInstanceID)
            #expect(fence.isFatal)
            try second.consumer.close()
            try twin.consumer.close()
        }
    }

    @Test func twoMembersShareAndARevokeBlocksTheRebalance() async throws {
        let (configuration, topic) = try await newTopic("share", partitions: 4)
        let partitions = (0..<4).map { Partition($0) }
        let shared = SharedProgress()
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration)
            for partition in partitions { try producer.produceNumbered(topic, partition, 0..<1_000) }
            try producer.flush(timeoutMilliseconds: 10_000)
        }
        async let first = onThread { () -> (revocations: Int, owned: Set<Partition>, offsets: [[Int64]]) in
            let test = try TestConsumer(configuration, .init(group: topic), topic: topic)
            test.recorder.onRevoke = { revoked in
                // The work of a slow commit: the second member has asked to join and has to wait for it.
                usleep(500_000)
                shared.commit(revoked.map { ($0, test.recorder.next[$0] ?? Offset(0)) })
            }
            try test.poll(until: "all records") { test.records.count == 4_000 }
            shared.firstIsDone()
            try test.poll(until: "the second's end", within: .seconds(60)) { shared.isSecondDone }
            let owned = test.recorder.owned
            let revocations = test.recorder.revocations.count
            try test.consumer.close()
            test.recorder.onRevoke = { _ in }
            return (revocations, owned, partitions.map { test.offsets($0) })
        }
        async let second = onThread { () -> (owned: Set<Partition>, offsets: [[Int64]]) in
            defer { shared.secondIsDone() }
            try shared.waitForFirst()
            let test = try TestConsumer(configuration, .init(group: topic), topic: topic)
            test.recorder.startsFrom = { partition in
                // Given to this member only after the first one's revoke has returned.
                let committed = shared.committed(partition)
                #expect(committed == Offset(1_000), "partition \(partition) came before its commit")
                return committed ?? Offset(0)
            }
            try test.poll(until: "a share") { test.recorder.owned.count == 2 }
            let owned = test.recorder.owned.sorted()
            let producer = try KafkaProducer(configuration: configuration)
            for partition in partitions { try producer.produceNumbered(topic, partition, 1_000..<1_100) }
            try producer.flush(timeoutMilliseconds: 10_000)
            try test.poll(until: "the new records of the share") { test.records.count == 200 }
            try test.consumer.close()
            return (Set(owned), owned.map { test.offsets($0) })
        }
        let (a, b) = try await (first, second)
        #expect(a.revocations >= 1)
        #expect(b.owned.count == 2)
        #expect(b.offsets.allSatisfy { $0 == Array(1_000..<1_100) })
        #expect(a.offsets.allSatisfy { $0 == Array(0..<Int64($0.count)) && $0.count >= 1_000 })
    }

    @Test func anOffsetThatIsGoneFailsThePartitionAndNothingIsSkipped() async throws {
        let (configuration, topic) = try await newTopic("range", partitions: 2)
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered(topic, Partition(0), 0..<10)
            try producer.produceNumbered(topic, Partition(1), 0..<10)
            try producer.flush(timeoutMilliseconds: 10_000)
            let test = try TestConsumer(
                configuration, .init(group: topic), topic: topic, next: [Partition(1): Offset(500)])
            try test.poll(until: "the failure and the healthy partition") {
                !test.recorder.failures.isEmpty && test.records.count == 10
            }
            try producer.produceNumbered(topic, Partition(1), 10..<20)
            try producer.produceNumbered(topic, Partition(0), 10..<20)
            try producer.flush(timeoutMilliseconds: 10_000)
            try test.poll(until: "more of the healthy partition") { test.records.count == 20 }
            #expect(test.offsets(Partition(1)).isEmpty)
            #expect(test.discarded == 0)
            #expect(test.recorder.failures.count == 1)
            let failure = try #require(test.recorder.failures.first)
            #expect(failure.partition == Partition(1))
            #expect(failure.error.code == .offsetReset)
            #expect(failure.error.topic == topic)
            #expect(failure.error.message.contains("500"))
            try test.consumer.close()
        }
    }

    @Test func pauseSeekAndResumeUnderTheDiscardRule() async throws {
        let (configuration, topic) = try await newTopic("pause", partitions: 2)
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration)
            for start in stride(from: 0, to: 20_000, by: 500) {
                try producer.produceNumbered(topic, Partition(0), start..<start + 500)
                try producer.produceNumbered(topic, Partition(1), start..<start + 500)
            }
            try producer.flush(timeoutMilliseconds: 20_000)
            let test = try TestConsumer(configuration, .init(group: topic), topic: topic)
            var rounds = 0
            try test.poll(until: "all of both partitions", maximum: 300) {
                rounds += 1
                // Every few batches partition 0 is paused and sought back to what is expected next, as a worker does
                // that could not take a batch; what was fetched before is discarded by the rule.
                do {
                    guard test.recorder.owned.contains(Partition(0)), rounds < 400 else {
                        return test.records.count == 40_000
                    }
                    if rounds % 10 == 0 { try test.consumer.pause([Partition(0)]) }
                    if rounds % 10 == 3 {
                        try test.consumer.seek(Partition(0), test.recorder.next[Partition(0)] ?? Offset(0))
                        try test.consumer.resume([Partition(0)])
                    }
                } catch {
                    Issue.record(error)
                    return true
                }
                return test.records.count == 40_000
            }
            if test.recorder.owned.contains(Partition(0)) { try test.consumer.resume([Partition(0)]) }
            #expect(test.offsets(Partition(0)) == Array(0..<20_000))
            #expect(test.offsets(Partition(1)) == Array(0..<20_000))
            try test.consumer.close()
        }
    }

    @Test func aTopicThatIsCreatedLaterIsFound() async throws {
        let (configuration, known) = try await newTopic("known", partitions: 1)
        try await onThread {
            let topic = known + "_later"
            let test = try TestConsumer(configuration, .init(group: topic), topic: topic)
            test.poll()
            try KafkaAdmin(configuration: configuration).createTopic(topic, partitions: 1)
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered(topic, Partition(0), 0..<5)
            try producer.flush(timeoutMilliseconds: 10_000)
            try test.poll(until: "the records") { test.records.count == 5 }
            try test.consumer.close()
            try test.consumer.close()
        }
    }

    @Test func pollingCountsAgainstTheMaximumPollInterval() async throws {
        let (configuration, topic) = try await newTopic("interval", partitions: 1)
        try await onThread {
            let settings = KafkaConsumer.Settings(
                group: topic, sessionTimeoutMilliseconds: 6_000, maximumPollIntervalMilliseconds: 6_000)
            let test = try TestConsumer(configuration, settings, topic: topic)
            try test.poll(until: "the assignment") { !test.recorder.assignments.isEmpty }
            // The time itself is what is tested: longer than the interval, with polls that bring nothing.
            let end = ContinuousClock.now + .milliseconds(7_500)
            while ContinuousClock.now < end { test.poll() }
            #expect(test.recorder.consumerFailures.isEmpty)
            #expect(test.recorder.revocations.isEmpty)
            try test.consumer.close()
        }
    }

    // pitfall: library-opaque-without-destructor
    @Test func theDelegateLivesUntilCloseAndNoLonger() async throws {
        let (configuration, topic) = try await newTopic("life", partitions: 1)
        try await onThread {
            weak var closed: Recorder?
            weak var dropped: Recorder?
            do {
                let test = try TestConsumer(configuration, .init(group: topic), topic: topic)
                try test.poll(until: "the assignment") { !test.recorder.assignments.isEmpty }
                closed = test.recorder
                try test.consumer.close()
            }
            #expect(closed == nil)
            do {
                let recorder = Recorder()
                let consumer = try KafkaConsumer(
                    configuration: configuration, settings: .init(group: topic), delegate: recorder)
                try consumer.subscribe(topic)
                dropped = recorder
            }
            #expect(dropped == nil)
        }
    }
}

/// What two members of a group and the test tell one another.
private final class SharedProgress: Sendable {
    private let state = Mutex((committed: [Partition: Offset](), first: false, second: false))

    func commit(_ offsets: [(Partition, Offset)]) {
        state.withLock { state in for (partition, offset) in offsets { state.committed[partition] = offset } }
    }

    func committed(_ partition: Partition) -> Offset? { state.withLock { $0.committed[partition] } }
    func firstIsDone() { state.withLock { $0.first = true } }
    func secondIsDone() { state.withLock { $0.second = true } }
    var isSecondDone: Bool { state.withLock { $0.second } }

    func waitForFirst() throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !state.withLock({ $0.first }) {
            try #require(ContinuousClock.now < deadline, "the first member never read its records")
            usleep(5_000)
        }
    }
}
