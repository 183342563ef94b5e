import Streams

/// One process's client of the log: a member of the group that fetches ahead, hands out what it has, and asks again.
/// With the habits of a real one: what was fetched before a seek or a revoke may come out after it.
final class SimulatedConsumer: Source {
    private struct Fetch {
        var position: Int64
        /// Fetched and not handed over.
        var queue: ArraySlice<SimulatedPartition.Slot> = []
        /// From before a seek; handed out first.
        var stale: ArraySlice<SimulatedPartition.Slot> = []
        var isPaused = false
        /// The client has reported an error and fetches no more before a seek.
        var hasFailed = false
        var leaderEpoch: Int
        var nextFetchAt: Int64 = 0
        var knownEnd: Offset?
        var nextStaleAt: Int64 = 0
    }

    var topic: String { log.name }
    let instance: String
    private let process: Int
    private let log: SimulatedTopic
    private let coordinator: GroupCoordinator
    private let faults: FaultField
    private let time: VirtualTime
    private let thread: SimulatedThread
    private let auditor: Auditor
    private var random: SeededGenerator

    private var fetches: [Fetch?] = []
    /// Of partitions that were taken away with records still in the client.
    private var leftovers: [(partition: Int, slots: ArraySlice<SimulatedPartition.Slot>)] = []
    private var hasJoined = false
    private(set) var isWaitingForAssignment = false
    private var newAssignment: [Int]?
    private var mustRejoin = false
    private var isFenced = false
    private var isUnknown = false
    private var lostConnection = false
    private var failures: [(partition: Int, error: SourceError)] = []
    private(set) var isClosed = false
    /// No broker answers.
    private(set) var isUnreachable = false
    private var headersOfBatch: [[RecordHeader]] = []
    /// Told of records that were fetched and have to wait, by the first of them.
    var onBacklog: (_ partition: Int, _ first: Int64) -> Void = { _, _ in }
    /// Serves a revoke; an auditor looks at it before and after.
    var onRevoke: (_ lost: Bool, _ body: () -> Void) -> Void = { _, body in body() }

    init(
        instance: String, process: Int, log: SimulatedTopic, coordinator: GroupCoordinator, faults: FaultField,
        time: VirtualTime, thread: SimulatedThread, auditor: Auditor, seed: UInt64
    ) {
        self.instance = instance
        self.process = process
        self.log = log
        self.coordinator = coordinator
        self.faults = faults
        self.time = time
        self.thread = thread
        self.auditor = auditor
        random = SeededGenerator(seed: seed)
    }

    var owned: [Int] { fetches.indices.filter { fetches[$0] != nil } }

    // MARK: What the brokers tell

    func fenced() {
        isFenced = true
        thread.wake()
    }

    /// The group does not know this member any more.
    func unknown() {
        isUnknown = true
        thread.wake()
    }

    func askedToRejoin() {
        guard hasJoined, !isWaitingForAssignment else { return }
        mustRejoin = true
        thread.wake()
    }

    func assigned(_ partitions: [Int]) {
        newAssignment = partitions
        thread.wake()
    }

    func appended(to partition: Int) {
        if partition < fetches.count, let fetch = fetches[partition], !fetch.isPaused { thread.wake() }
    }

    func connectionReset() {
        lostConnection = true
        thread.wake()
    }

    /// The connection to a partition's leader is closed, and made again to another one.
    func leaderLost(_ partition: Int) {
        guard partition < fetches.count, fetches[partition] != nil else { return }
        fetches[partition]?.leaderEpoch = log.partitions[partition].leaderEpoch
        connectionReset()
    }

    func becameUnreachable() { isUnreachable = true }

    func becameReachable() {
        isUnreachable = false
        connectionReset()
    }

    /// The client gives up on a partition.
    func fail(_ partition: Int) -> Bool {
        guard partition < fetches.count, fetches[partition] != nil else { return false }
        fetches[partition]?.hasFailed = true
        failures.append((partition, SourceError(.other, "broker: topic authorization failed")))
        thread.wake()
        return true
    }

    // MARK: Polling

    func poll(
        maximum: Int, timeoutMilliseconds: Int32, delegate: any SourceDelegate,
        _ body: (UnsafeBufferPointer<Record>) -> Void
    ) {
        thread.waitWhileStopped()
        let deadline = time.now + Int64(timeoutMilliseconds)
        while !thread.isDead && !isClosed {
            if isFenced {
                delegate.sourceFailed(SourceError(.fencedInstance, "another member has this instance id"))
                return thread.sleep(1)
            }
            if !hasJoined && !isUnreachable {
                hasJoined = true
                isWaitingForAssignment = true
                coordinator.join(self)
            }
            serve(delegate)
            if thread.isDead { return }
            let batch = nextBatch(maximum: maximum)
            if !batch.isEmpty {
                thread.sleep(Int64.random(in: 1...3, using: &random))
                if thread.isDead { return }
                return hand(over: batch, to: body)
            }
            guard !lostConnection && failures.isEmpty else { continue }
            guard time.now < deadline else { return }
            thread.park(until: min(deadline, nextFetch))
        }
    }

    /// The moment of the next fetch that is on its way.
    private var nextFetch: Int64 {
        var moment = Int64.max
        for case let fetch? in fetches where !fetch.isPaused && fetch.nextFetchAt > time.now {
            moment = min(moment, fetch.nextFetchAt)
        }
        return moment
    }

    private func serve(_ delegate: any SourceDelegate) {
        if lostConnection {
            lostConnection = false
            delegate.connectionLost(SourceError(.unavailable, "connection to a broker was closed"))
        }
        for failure in failures {
            delegate.partitionFailed(Partition(Int32(failure.partition)), failure.error)
        }
        failures = []
        if isUnknown {
            isUnknown = false
            mustRejoin = false
            newAssignment = nil
            revoke(delegate, lost: true)
            hasJoined = false
            isWaitingForAssignment = false
            return
        }
        if mustRejoin {
            revoke(delegate, lost: false)
            guard !thread.isDead else { return }
            mustRejoin = false
            newAssignment = nil
            isWaitingForAssignment = true
            if !isUnknown { coordinator.join(self) }
        }
        if let partitions = newAssignment {
            newAssignment = nil
            isWaitingForAssignment = false
            assign(partitions, delegate)
        }
    }

    private func revoke(_ delegate: any SourceDelegate, lost: Bool) {
        let partitions = owned
        guard !partitions.isEmpty else { return }
        onRevoke(lost) { delegate.partitionsRevoked(partitions.map { Partition(Int32($0)) }, lost: lost) }
        guard !thread.isDead else { return }
        for partition in partitions {
            if let queue = fetches[partition]?.queue, !queue.isEmpty, faults.draws(.staleRecords) {
                leftovers.append((partition, queue.prefix(20)))
            }
            fetches[partition] = nil
        }
    }

    private func assign(_ partitions: [Int], _ delegate: any SourceDelegate) {
        guard !partitions.isEmpty else { return }
        let starts = delegate.partitionsAssigned(partitions.map { Partition(Int32($0)) })
        guard !thread.isDead else { return }
        while fetches.count < log.partitions.count { fetches.append(nil) }
        for (partition, start) in starts {
            let place = Int(partition.rawValue)
            fetches[place] = Fetch(position: start.rawValue, leaderEpoch: log.partitions[place].leaderEpoch)
        }
        // What must not be read is owned all the same.
        for partition in partitions where fetches[partition] == nil {
            var fetch = Fetch(position: 0, leaderEpoch: log.partitions[partition].leaderEpoch)
            fetch.hasFailed = true
            fetches[partition] = fetch
        }
    }

    private func nextBatch(maximum: Int) -> [(partition: Int, slot: SimulatedPartition.Slot)] {
        var batch: [(partition: Int, slot: SimulatedPartition.Slot)] = []
        if let leftover = leftovers.popLast() {
            faults.occurred(.staleRecords, count: leftover.slots.count)
            batch += leftover.slots.map { (leftover.partition, $0) }
        }
        let count = fetches.count
        guard count > 0 else { return batch }
        let first = Int.random(in: 0..<count, using: &random)
        for step in 0..<count {
            let partition = (first + step) % count
            guard fetches[partition] != nil, batch.count < maximum else { continue }
            takeStale(partition, &batch)
            if fetches[partition]?.isPaused == true { continue }
            if fetches[partition]?.queue.isEmpty == true { fetch(partition) }
            take(partition, maximum: maximum, &batch)
        }
        return batch
    }

    private func takeStale(_ partition: Int, _ batch: inout [(partition: Int, slot: SimulatedPartition.Slot)]) {
        guard var stale = fetches[partition]?.stale, !stale.isEmpty else { return }
        // A seek does throw away what is from another log: it comes after the connection to its broker was lost.
        stale.removeAll { log.lives[$0.number].end?.isAnotherLog == true }
        faults.occurred(.staleRecords, count: stale.count)
        batch += stale.map { (partition, $0) }
        fetches[partition]?.stale = []
    }

    private func take(
        _ partition: Int, maximum: Int, _ batch: inout [(partition: Int, slot: SimulatedPartition.Slot)]
    ) {
        guard let queue = fetches[partition]?.queue, !queue.isEmpty else { return }
        var count = max(0, min(maximum - batch.count, queue.count))
        if count > 1 && faults.strikes(.shortReads) { count = Int.random(in: 1..<min(count, 4), using: &random) }
        batch += queue.prefix(count).map { (partition, $0) }
        fetches[partition]?.queue = queue.dropFirst(count)
        if queue.count - count >= 3 { onBacklog(partition, queue[queue.startIndex + count].offset) }
    }

    private func fetch(_ partition: Int) {
        guard var fetch = fetches[partition], !fetch.hasFailed, !isUnreachable, fetch.nextFetchAt <= time.now else {
            return
        }
        defer { fetches[partition] = fetch }
        let source = log.partitions[partition]
        if fetch.leaderEpoch != source.leaderEpoch {
            // Another broker leads it: an error that passes, and the reason to compare the log.
            fetch.leaderEpoch = source.leaderEpoch
            lostConnection = true
            return
        }
        fetch.knownEnd = Offset(source.stableEnd)
        if fetch.position < source.start || fetch.position > source.end {
            fetch.hasFailed = true
            failures.append(
                (
                    partition,
                    SourceError(.offsetOutOfRange, "offset \(fetch.position) is not in the log")
                ))
            return
        }
        let records = source.records(from: fetch.position, limit: Int.random(in: 1...120, using: &random))
        guard let last = records.last else {
            fetch.position = max(fetch.position, source.stableEnd)
            return
        }
        fetch.position = last.offset + 1
        fetch.queue = ArraySlice(
            records.map { .init(offset: $0.offset, number: $0.number, fetchedAt: log.changes) })
        var latency = Int64.random(in: 2...15, using: &random)
        if faults.strikes(.fetchSlow) { latency += Int64.random(in: 100...3_000, using: &random) }
        fetch.nextFetchAt = time.now + latency
    }

    private func hand(
        over batch: [(partition: Int, slot: SimulatedPartition.Slot)], to body: (UnsafeBufferPointer<Record>) -> Void
    ) {
        let entries = batch.map { (partition: Partition(Int32($0.partition)), entry: log.lives[$0.slot.number].entry) }
        headersOfBatch = entries.map(\.entry.headers)
        for (partition, slot) in batch { auditor.delivered(slot, of: partition, to: process) }
        RecordBlock(entries).withRecords(body)
        headersOfBatch = []
    }

    func headers(of record: Record) -> [RecordHeader] { headersOfBatch[RecordBlock.number(of: record)] }

    // MARK: Questions

    func bounds(of partition: Partition) throws(SourceError) -> LogBounds {
        try ask()
        return log.partitions[Int(partition.rawValue)].bounds
    }

    func anchor(of partition: Partition, at offset: Offset) throws(SourceError) -> Anchor? {
        try ask()
        let source = log.partitions[Int(partition.rawValue)]
        guard offset.rawValue < source.stableEnd, let number = source.number(at: offset.rawValue) else { return nil }
        return RecordBlock([(partition, log.lives[number].entry)]).withRecords { Anchor(of: $0[0]) }
    }

    private func ask() throws(SourceError) {
        thread.waitWhileStopped()
        thread.sleep(Int64.random(in: 1...8, using: &random))
        if thread.isDead { throw SourceError(.unavailable, "the process is gone") }
        guard isUnreachable || faults.strikes(.boundsUnavailable) else { return }
        thread.sleep(5_000)
        throw SourceError(.unavailable, "the log cannot be reached")
    }

    func knownEnd(of partition: Partition) -> Offset? {
        let place = Int(partition.rawValue)
        return place < fetches.count ? fetches[place]?.knownEnd : nil
    }

    // MARK: Orders

    func pause(_ partitions: [Partition]) {
        for partition in partitions where !thread.isDead && Int(partition.rawValue) < fetches.count {
            fetches[Int(partition.rawValue)]?.isPaused = true
            // What was fetched is thrown away, and the client does not go back for it.
            if random.oneIn(2) { fetches[Int(partition.rawValue)]?.queue = [] }
        }
    }

    func resume(_ partitions: [Partition]) {
        for partition in partitions where !thread.isDead && Int(partition.rawValue) < fetches.count {
            fetches[Int(partition.rawValue)]?.isPaused = false
        }
    }

    func seek(_ partition: Partition, to offset: Offset) -> Bool {
        let place = Int(partition.rawValue)
        guard !thread.isDead, place < fetches.count, var fetch = fetches[place] else { return false }
        if isUnreachable || faults.draws(.seekFailed) {
            faults.occurred(.seekFailed)
            thread.sleep(Int64.random(in: 100...2_000, using: &random))
            return false
        }
        // What was fetched before a seek comes out once; a client that did so after each would have no right place.
        if !fetch.queue.isEmpty, time.now >= fetch.nextStaleAt, faults.draws(.staleRecords) {
            fetch.stale = fetch.queue.prefix(30)
            fetch.nextStaleAt = time.now + 2_000
        }
        fetch.queue = []
        fetch.position = offset.rawValue
        fetch.hasFailed = false
        fetches[place] = fetch
        return true
    }

    func mirror(_ offsets: [(partition: Partition, next: Offset)]) {
        guard !thread.isDead, !isUnreachable else { return }
        for (partition, next) in offsets { auditor.mirrored(Int(partition.rawValue), next) }
    }

    func close(delegate: any SourceDelegate) {
        guard !isClosed else { return }
        isClosed = true
        guard !thread.isDead else { return }
        revoke(delegate, lost: false)
        // A static member stays in the group until it is back or its session has expired.
        if !thread.isDead { coordinator.silenced(self) }
    }
}
