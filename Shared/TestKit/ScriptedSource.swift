public import Streams

/// A source over a simulated log. What a broker and its client do (assign, revoke, lose a connection, hand out what
/// should have been thrown away) happens when it is scripted; which records come in which batch is drawn from a seed.
public final class ScriptedSource: Source {
    /// Something that happens at a poll, before its records.
    public enum Event {
        case assign([Partition])
        case revoke([Partition], lost: Bool)
        case connectionLost
        case failPartition(Partition, SourceError)
        case fatal(SourceError)
        /// These come as they are, whatever is owned or expected, in a batch of their own.
        case deliver([(partition: Partition, entry: SimulatedLog.Entry)])
        /// Anything that has to happen at this point.
        case run(() -> Void)
    }

    public let log: SimulatedLog
    public var topic: String { log.topic }
    private let clock: ManualClock
    private var random: SeededGenerator
    private var events: [Event] = []

    /// Where each assigned partition is read on.
    public private(set) var positions: [Partition: Offset] = [:]
    public private(set) var paused: Set<Partition> = []
    public private(set) var seeks: [(partition: Partition, offset: Offset)] = []
    public private(set) var mirrored: [Partition: Offset] = [:]
    public private(set) var isClosed = false
    /// The timeout of each poll that had nothing to hand over.
    public private(set) var idleTimeouts: [Int32] = []
    /// Records handed over.
    public private(set) var delivered = 0

    /// Records in a batch at most; nil: drawn anew each time.
    public var batchSize: Int?
    /// Once in so many polls records of a place other than the asked one come first; 0: never.
    public var staleOnceIn = 0
    /// Asking the log for bounds and records fails while this is set.
    public var isUnreachable = false
    /// The same for these partitions alone.
    public var unreachable: Set<Partition> = []
    /// A seek throws away nothing that was fetched: so many further batches come from where the client was.
    public var staleBatchesAfterSeek = 0
    private var stale: [Partition: (position: Offset, batches: Int)] = [:]
    private var headersOfBatch: [[RecordHeader]] = []

    public init(_ log: SimulatedLog, clock: ManualClock, seed: UInt64 = 1) {
        self.log = log
        self.clock = clock
        random = SeededGenerator(seed: seed)
    }

    /// Whether anything that was scripted has not happened yet.
    public var hasEvents: Bool { !events.isEmpty }

    /// Lets these happen one a poll, in order.
    public func script(_ events: Event...) { self.events += events }

    public func poll(
        maximum: Int, timeoutMilliseconds: Int32, delegate: any SourceDelegate,
        _ body: (UnsafeBufferPointer<Record>) -> Void
    ) {
        if let event = events.first {
            if case .deliver = event {} else { happen(events.removeFirst(), delegate) }
            // What is delivered by script comes right behind the event before it: before any record that was asked for.
            if case .deliver(let entries)? = events.first {
                events.removeFirst()
                return hand(over: entries, to: body)
            }
        }
        let batch = nextBatch(maximum: min(maximum, batchSize ?? Int.random(in: 1...maximum, using: &random)), delegate)
        guard !batch.isEmpty else {
            idleTimeouts.append(timeoutMilliseconds)
            clock.advance(milliseconds: Int64(timeoutMilliseconds))
            return
        }
        clock.advance(milliseconds: 1)
        hand(over: batch, to: body)
    }

    private func hand(
        over batch: [(partition: Partition, entry: SimulatedLog.Entry)], to body: (UnsafeBufferPointer<Record>) -> Void
    ) {
        headersOfBatch = batch.map(\.entry.headers)
        delivered += batch.count
        RecordBlock(batch).withRecords(body)
        headersOfBatch = []
    }

    private func happen(_ event: Event, _ delegate: any SourceDelegate) {
        switch event {
        case .assign(let partitions):
            for (partition, start) in delegate.partitionsAssigned(partitions) {
                forget(partition)
                positions[partition] = start
            }
        case .revoke(let partitions, let lost):
            delegate.partitionsRevoked(partitions, lost: lost)
            for partition in partitions { forget(partition) }
        case .connectionLost: delegate.connectionLost(SourceError(.unavailable, "connection refused"))
        case .failPartition(let partition, let error): delegate.partitionFailed(partition, error)
        case .fatal(let error): delegate.sourceFailed(error)
        case .deliver: break
        case .run(let body): body()
        }
    }

    private func forget(_ partition: Partition) {
        positions[partition] = nil
        paused.remove(partition)
        stale[partition] = nil
    }

    /// Pieces of the partitions' logs in a drawn order; a partition may come several times.
    private func nextBatch(
        maximum: Int, _ delegate: any SourceDelegate
    ) -> [(partition: Partition, entry: SimulatedLog.Entry)] {
        var batch: [(partition: Partition, entry: SimulatedLog.Entry)] = []
        var rest = maximum
        if staleOnceIn > 0, random.oneIn(staleOnceIn),
            let partition = positions.keys.sorted().randomElement(using: &random)
        {
            let bounds = log.bounds(of: partition)
            if bounds.start < bounds.end {
                let from = Offset(Int64.random(in: bounds.start.rawValue..<bounds.end.rawValue, using: &random))
                // Only from before the place where it is read: librdkafka hands out what it had, not what it skipped.
                if let position = positions[partition], from < position {
                    batch += log.entries(partition, from: from, limit: 3).filter { $0.offset < position }
                        .map { (partition, $0) }
                }
            }
        }
        for _ in 0..<3 {
            for partition in positions.keys.sorted().shuffled(using: &random) where !paused.contains(partition) {
                guard rest > 0, let position = positions[partition] else { continue }
                if let leftover = stale[partition] {
                    let entries = log.entries(partition, from: leftover.position, limit: min(rest, 4))
                    batch += entries.map { (partition, $0) }
                    rest -= entries.count
                    stale[partition] =
                        leftover.batches > 1 && !entries.isEmpty
                        ? (entries[entries.count - 1].offset.next, leftover.batches - 1) : nil
                    continue
                }
                let bounds = log.bounds(of: partition)
                if position < bounds.start || position > bounds.end {
                    positions[partition] = nil
                    delegate.partitionFailed(
                        partition, SourceError(.offsetOutOfRange, "offset \(position) out of range"))
                    continue
                }
                let entries = log.entries(partition, from: position, limit: Int.random(in: 1...rest, using: &random))
                guard let last = entries.last else { continue }
                batch += entries.map { (partition, $0) }
                rest -= entries.count
                positions[partition] = last.offset.next
            }
        }
        return batch
    }

    public func headers(of record: Record) -> [RecordHeader] { headersOfBatch[RecordBlock.number(of: record)] }

    public func bounds(of partition: Partition) throws(SourceError) -> LogBounds {
        try reach(partition)
        return log.bounds(of: partition)
    }

    public func knownEnd(of partition: Partition) -> Offset? { log.bounds(of: partition).end }

    public func anchor(of partition: Partition, at offset: Offset) throws(SourceError) -> Anchor? {
        try reach(partition)
        return log.anchor(partition, at: offset)
    }

    private func reach(_ partition: Partition) throws(SourceError) {
        guard isUnreachable || unreachable.contains(partition) else { return }
        clock.advance(milliseconds: 1_000)
        throw SourceError(.unavailable, "the log cannot be reached")
    }

    public func pause(_ partitions: [Partition]) { paused.formUnion(partitions) }
    public func resume(_ partitions: [Partition]) { paused.subtract(partitions) }

    public func seek(_ partition: Partition, to offset: Offset) -> Bool {
        seeks.append((partition, offset))
        if let position = positions[partition], staleBatchesAfterSeek > 0, stale[partition] == nil {
            stale[partition] = (position, staleBatchesAfterSeek)
        }
        positions[partition] = offset
        return true
    }

    public func mirror(_ offsets: [(partition: Partition, next: Offset)]) {
        for (partition, next) in offsets { mirrored[partition] = next }
    }

    public func close(delegate: any SourceDelegate) {
        guard !isClosed else { return }
        isClosed = true
        let owned = positions.keys.sorted()
        delegate.partitionsRevoked(owned, lost: false)
        for partition in owned { forget(partition) }
    }
}
