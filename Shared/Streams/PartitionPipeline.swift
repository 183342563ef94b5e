/// What the library needs to know about a job's time: all of it is part of the results' definition.
public struct StreamSettings: Equatable, Sendable {
    /// How long an id makes a later record a duplicate, in milliseconds of the log's own time.
    public var horizonMilliseconds: Int64
    /// The watermark stays this far behind the log's own time, in milliseconds.
    public var outOfOrdernessMilliseconds: Int64
    /// The most ids that one partition may remember before it stops with an error.
    public var maximumRememberedIDs: Int
    /// Where false, duplicates are counted like any event.
    public var deduplicates: Bool

    public init(
        horizonMilliseconds: Int64 = 600_000, outOfOrdernessMilliseconds: Int64 = 30_000,
        maximumRememberedIDs: Int = 50_000_000, deduplicates: Bool = true
    ) {
        self.horizonMilliseconds = horizonMilliseconds
        self.outOfOrdernessMilliseconds = outOfOrdernessMilliseconds
        self.maximumRememberedIDs = maximumRememberedIDs
        self.deduplicates = deduplicates
    }

    /// Marks are this far apart in stream time: a warm-up reads at most this much more than it must.
    public var markSpacingMilliseconds: Int64 { max(1, horizonMilliseconds / 32) }
}

/// Buffers for a block of records, allocated once a worker.
public final class BlockScratch<Event: BitwiseCopyable> {
    /// Records in a block: enough for the processor to fetch their cache lines side by side, few enough that the
    /// decoded events stay in the first-level cache.
    @inlinable public static var size: Int { 128 }
    @usableFromInline let events: UnsafeMutablePointer<Event>
    @usableFromInline let faults: UnsafeMutablePointer<Fault>
    @usableFromInline let hashes: UnsafeMutablePointer<UInt64>
    /// What `touch` read, kept so that the reads are not optimised away.
    @usableFromInline let touched: UnsafeMutablePointer<UInt32>

    public init(blank: Event) {
        events = .allocate(capacity: Self.size)
        events.initialize(repeating: blank, count: Self.size)
        faults = .allocate(capacity: Self.size)
        faults.initialize(repeating: .none, count: Self.size)
        hashes = .allocate(capacity: Self.size)
        hashes.initialize(repeating: 0, count: Self.size)
        touched = .allocate(capacity: 1)
        touched.initialize(to: 0)
    }

    deinit {
        events.deallocate()
        faults.deallocate()
        hashes.deallocate()
        touched.deallocate()
    }
}

/// The pure pipeline of one partition: decode, validate, stream time, deduplication, lateness, aggregation, in the
/// order of offsets and nothing else. Batches have no influence on what comes out.
public struct PartitionPipeline<Logic: EventLogic>: ~Copyable {
    @usableFromInline let logic: Logic
    @usableFromInline let settings: StreamSettings
    @usableFromInline var horizon: DeduplicationHorizon
    /// S of the last record, Int64.min before the first.
    @usableFromInline var streamTime: Int64
    /// Where the next mark is due.
    @usableFromInline var nextMarkAt: Int64
    @usableFromInline var marks: [HorizonMark]
    @usableFromInline var counters: PartitionCounters

    /// - Parameter progress: what was applied before; ids are remembered only after a warm-up.
    public init(logic: Logic, settings: StreamSettings, progress: PartitionProgress) {
        self.logic = logic
        self.settings = settings
        horizon = DeduplicationHorizon(horizonMilliseconds: settings.horizonMilliseconds)
        streamTime = progress.streamTime.rawValue
        marks = progress.marks
        counters = progress.counters
        let last = progress.marks.last?.streamTime.rawValue ?? .min
        nextMarkAt = last == .min ? .min : last + settings.markSpacingMilliseconds
    }

    public var rememberedIDs: Int { horizon.count }
    public var horizonBytes: Int { horizon.byteCount }
    public var currentStreamTime: EventTime { EventTime(rawValue: streamTime) }
    public var currentCounters: PartitionCounters { counters }

    /// Sets the stream time from which a warm-up starts or with which it ends.
    mutating func setStreamTime(_ time: EventTime) { streamTime = time.rawValue }
    mutating func countSkipped(_ offsets: Int64) { counters.skippedOffsets += offsets }

    /// The first record that was ever read of this partition stands at `offset`.
    mutating func begin(at offset: Offset) {
        if marks.isEmpty { marks.append(HorizonMark(offset: offset, streamTime: .distantPast)) }
    }

    /// The progress once every record before `nextOffset` is applied.
    public mutating func progress(nextOffset: Offset, anchor: Anchor?) -> PartitionProgress {
        var progress = PartitionProgress(
            nextOffset: nextOffset, streamTime: currentStreamTime, anchor: anchor, marks: marks, counters: counters)
        progress.pruneMarks(horizonMilliseconds: settings.horizonMilliseconds)
        marks = progress.marks
        return progress
    }

    /// Applies up to `BlockScratch.size` records whose offsets follow each other.
    @inlinable
    public mutating func apply(
        _ records: UnsafePointer<Record>, count: Int, scratch: BlockScratch<Logic.Event>,
        output: PartitionOutput<Logic.Output>, headers: (Record) -> [RecordHeader]
    ) {
        decode(records, count: count, scratch: scratch)
        let events = scratch.events
        let target = output.output
        counters.records &+= Int64(count)
        var position = 0
        while position < count {
            defer { position &+= 1 }
            let fault = scratch.faults[position]
            if fault != .none {
                counters.deadLetters &+= 1
                let record = records[position]
                output.append(DeadLetter(record, reason: logic.reason(of: fault), headers: headers(record)))
                continue
            }
            let before = streamTime
            advance(events[position], records[position])
            if streamTime >= nextMarkAt && streamTime > before {
                addMark(HorizonMark(offset: records[position].offset, streamTime: EventTime(rawValue: before)))
            }
            if settings.deduplicates
                && horizon.isDuplicate(logic.id(of: events[position]), hash: scratch.hashes[position], at: streamTime)
            {
                counters.duplicates &+= 1
                continue
            }
            let watermark = EventTime(rawValue: before).minus(milliseconds: settings.outOfOrdernessMilliseconds)
            let applied = logic.apply(events[position], watermark: watermark, to: target)
            if applied.rawValue != 0 { note(applied) }
        }
        horizon.maintain(at: streamTime)
    }

    /// Reads records that were applied before, only to remember their ids and stream times.
    @inlinable
    public mutating func warmUp(_ records: UnsafePointer<Record>, count: Int, scratch: BlockScratch<Logic.Event>) {
        decode(records, count: count, scratch: scratch)
        for position in 0..<count where scratch.faults[position] == .none {
            advance(scratch.events[position], records[position])
            _ = horizon.isDuplicate(
                logic.id(of: scratch.events[position]), hash: scratch.hashes[position], at: streamTime)
        }
        horizon.maintain(at: streamTime)
    }

    @inlinable
    mutating func decode(_ records: UnsafePointer<Record>, count: Int, scratch: BlockScratch<Logic.Event>) {
        for position in 0..<count {
            let fault = logic.decode(records[position], into: &scratch.events[position])
            scratch.faults[position] = fault
            scratch.hashes[position] = fault == .none ? logic.id(of: scratch.events[position]).mixed : 0
        }
        var touched: UInt32 = 0
        for position in 0..<count { touched &+= horizon.touch(scratch.hashes[position]) }
        scratch.touched.pointee = touched
    }

    @inlinable
    mutating func advance(_ event: Logic.Event, _ record: Record) {
        let contribution = StreamTime.contribution(
            eventTimeMilliseconds: logic.eventTimeMilliseconds(of: event),
            recordTimestampMilliseconds: record.timestampMilliseconds)
        if contribution > streamTime { streamTime = contribution }
    }

    @usableFromInline
    mutating func note(_ applied: AppliedEvent) {
        if applied.contains(.late) { counters.late += 1 }
        if applied.contains(.invalid) { counters.invalid += 1 }
    }

    @usableFromInline
    mutating func addMark(_ mark: HorizonMark) {
        if mark.streamTime != .distantPast { marks.append(mark) }
        nextMarkAt = streamTime + settings.markSpacingMilliseconds
    }
}
