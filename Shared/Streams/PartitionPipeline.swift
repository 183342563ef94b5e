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
        if settings.deduplicates {
            nextMarkAt = last == .min ? .min : last + settings.markSpacingMilliseconds
        } else {
            // Nothing is read again for its ids, so no place is marked for it.
            nextMarkAt = .max
        }
    }

    public var rememberedIDs: Int { horizon.count }
    public var horizonBytes: Int { horizon.byteCount }
    public var currentStreamTime: EventTime { EventTime(rawValue: streamTime) }
    public var currentCounters: PartitionCounters { counters }

    /// Sets the stream time from which a warm-up starts or with which it ends.
    mutating func setStreamTime(_ time: EventTime) { streamTime = time.rawValue }
    /// What a warm-up has reached is at least what the mark says.
    mutating func raiseStreamTime(to mark: HorizonMark?) {
        if let mark { streamTime = max(streamTime, mark.streamTime.rawValue) }
    }
    mutating func countSkipped(_ offsets: Int64) { counters.skippedOffsets += offsets }

    /// The first record that was ever read of this partition stands at `offset`.
    mutating func begin(at offset: Offset) {
        if marks.isEmpty { marks.append(HorizonMark(offset: offset, streamTime: .distantPast)) }
    }

    /// The progress once every record before `nextOffset` is applied.
    public mutating func progress(
        nextOffset: Offset, anchor: Anchor?, olderAnchors: [Anchor] = []
    ) -> PartitionProgress {
        var progress = PartitionProgress(
            nextOffset: nextOffset, streamTime: currentStreamTime, anchor: anchor, olderAnchors: olderAnchors,
            marks: marks, counters: counters)
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
        scratch.touched.pointee &+= logic.touch(events, scratch.faults, count: count, in: target)
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
            guard settings.deduplicates else { continue }
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
