import Streams

/// A record of the log that was applied, and the stream time after it.
struct AppliedRecord {
    var offset: Int64
    var number: Int
    var streamTime: Int64
}

/// What must be visible of one partition, worked out from the log.
struct AuditedPartition {
    var epoch: Int64 = 0
    var owner = -1
    /// Who changed the row last; -1: no process.
    var writer = -1
    /// The progress that became visible last.
    var progress = PartitionProgress()
    var rows: ResultRows = [:]
    var letters: [(offset: Int64, reason: String)] = []
    /// What was applied, in the order of offsets; what an operator moved back over is not among it.
    var history: [AppliedRecord] = []
    var streamTime = Int64.min
    var counters = PartitionCounters()
    /// Ids with the stream time at which each was seen last. Where the log has changed, one for each thing that its
    /// reader may have found in it; what becomes visible then decides between them.
    var memories: [[EventID: Int64]] = [[:]]
    /// The largest offset that was ever committed.
    var highestNext = Int64.min
    /// Up to this stream time a warm-up may find other records than were applied.
    var changedUntil = Int64.min
    /// A claim was made since the log changed: its owner remembers what the log held then.
    var isMemoryOpen = false
    /// Its owner has claimed it and committed nothing yet: it may still be reading what it has to remember.
    var isFresh = false
    /// An operator has placed it elsewhere since the last commit.
    var wasMoved = false

    var next: Int64? { progress.nextOffset?.rawValue }
    var isChanged: Bool { streamTime <= changedUntil }

    /// The place of an applied record; nil where the offset was not applied.
    func place(of offset: Int64) -> Int? {
        var low = 0
        var high = history.count
        while low < high {
            let middle = (low + high) / 2
            if history[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < history.count && history[low].offset == offset ? low : nil
    }

    /// Stream time just before an offset.
    func streamTime(before offset: Int64) -> Int64 {
        var low = 0
        var high = history.count
        while low < high {
            let middle = (low + high) / 2
            if history[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? history[low - 1].streamTime : .min
    }
}

/// What a sequence of records adds to a partition.
struct Judgement {
    var rows: ResultRows = [:]
    var letters: [(offset: Int64, reason: String)] = []
    var applied: [AppliedRecord] = []
    var counters: PartitionCounters
    var streamTime: Int64
    /// Sightings that are newer than the partition's memory.
    var sightings: [EventID: Int64] = [:]
}

extension ContractJudge {
    /// Judges records in the order of their offsets, one by one, as the contract has it.
    func judge(
        _ numbers: [Int], of lives: [RecordLife], from partition: AuditedPartition, memory: [EventID: Int64]
    ) -> Judgement {
        var result = Judgement(counters: partition.counters, streamTime: partition.streamTime)
        for number in numbers {
            let record = lives[number].judged
            let offset = lives[number].entry.offset.rawValue
            result.counters.records += 1
            if let fault = record.fault {
                result.counters.deadLetters += 1
                result.letters.append((offset, fault))
                result.applied.append(AppliedRecord(offset: offset, number: number, streamTime: result.streamTime))
                continue
            }
            let before = result.streamTime
            result.streamTime = max(before, record.time)
            result.applied.append(AppliedRecord(offset: offset, number: number, streamTime: result.streamTime))
            let seen = result.sightings[record.id] ?? memory[record.id]
            result.sightings[record.id] = result.streamTime
            if let seen, result.streamTime - seen <= horizonMilliseconds {
                result.counters.duplicates += 1
                continue
            }
            var effect = record.effect
            if record.isInvalid {
                result.counters.invalid += 1
            } else if before != .min, (record.key.minute + 1) * 60_000 <= before - outOfOrdernessMilliseconds {
                effect.lateEvents = 1
                result.counters.late += 1
            }
            result.rows[record.key, default: ResultRow()].add(effect)
        }
        return result
    }

    /// The place from which a worker reads again what it has to remember.
    func warmUpMark(_ progress: PartitionProgress) -> HorizonMark? {
        let time = progress.streamTime.rawValue
        let oldest = time == .min ? Int64.min : time - horizonMilliseconds
        return progress.marks.last { $0.streamTime.rawValue < oldest } ?? progress.marks.first
    }

    /// What a worker remembers that has read these records again before it went on at `progress`.
    func memory(
        of numbers: [Int], _ lives: [RecordLife], progress: PartitionProgress
    ) -> [EventID: Int64] {
        var memory: [EventID: Int64] = [:]
        guard let mark = warmUpMark(progress) else { return memory }
        var time = mark.streamTime.rawValue
        var marks = progress.marks[...]
        for number in numbers {
            let offset = lives[number].entry.offset
            guard offset >= mark.offset else { continue }
            while let first = marks.first, first.offset <= offset {
                time = max(time, first.streamTime.rawValue)
                marks.removeFirst()
            }
            let record = lives[number].judged
            guard record.fault == nil else { continue }
            time = max(time, record.time)
            memory[record.id] = time
        }
        return memory
    }
}
