import Streams

/// Holds the truth: knows every record that ever was in the log, works out by itself what each transaction must have
/// made visible, and says so at the first that did not. It looks at each visible state once, at what changed.
final class Auditor {
    private struct Delivery {
        var offset: Int64
        var number: Int
        /// How many changes the log had seen when it was fetched.
        var change: Int
    }
    private struct Saved {
        var partition: Int
        var state: AuditedPartition
    }

    let log: SimulatedTopic
    let time: VirtualTime
    let judge: ContractJudge
    /// The job declares that the topic is compacted: it keeps anchors before the last applied record.
    let isCompacted: Bool
    private(set) var findings: [Finding] = []
    /// FNV-1a over everything that became visible, in order.
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    /// States judged.
    private(set) var states = 0
    /// Changes of the log that the documented rules cannot tell.
    private(set) var undetectable = 0
    private(set) var partitions: [AuditedPartition] = []
    private var saved: [Int: [Saved]] = [:]
    /// By process, then by partition.
    private var deliveries: [[[Delivery]]] = []
    /// Records that retention removed, by partition, in the order of offsets.
    private var retired: [[(offset: Int64, number: Int)]] = []

    init(_ log: SimulatedTopic, _ time: VirtualTime, _ judge: ContractJudge, isCompacted: Bool) {
        self.log = log
        self.time = time
        self.judge = judge
        self.isCompacted = isCompacted
    }

    func addPartition() {
        partitions.append(AuditedPartition())
        retired.append([])
    }

    func found(_ rule: Finding.Rule, _ message: String) {
        guard findings.count < 10 else { return }
        findings.append(Finding(rule: rule, moment: time.now, message: message))
    }

    func note(_ value: Int64) {
        var rest = UInt64(bitPattern: value)
        for _ in 0..<8 {
            hash = (hash ^ (rest & 0xff)) &* 0x0000_0100_0000_01b3
            rest >>= 8
        }
    }

    // MARK: What processes are handed

    func delivered(_ slot: SimulatedPartition.Slot, of partition: Int, to process: Int) {
        while deliveries.count <= process { deliveries.append([]) }
        while deliveries[process].count <= partition { deliveries[process].append([]) }
        deliveries[process][partition].append(
            Delivery(offset: slot.offset, number: slot.number, change: slot.fetchedAt))
    }

    /// A process begins anew with a partition.
    private func forgets(_ process: Int, _ partition: Int) {
        if process < deliveries.count, partition < deliveries[process].count { deliveries[process][partition] = [] }
    }

    private func delivered(to process: Int, _ partition: Int) -> [Delivery] {
        process < deliveries.count && partition < deliveries[process].count ? deliveries[process][partition] : []
    }

    // MARK: What befalls the log

    /// Records left the log. What a later warm-up finds is not what was applied.
    func removed(_ numbers: [Int]) {
        for number in numbers {
            let life = log.lives[number]
            let offset = life.entry.offset.rawValue
            let partition = life.partition
            if life.end == .retention { retired[partition].append((offset, number)) }
            guard let place = partitions[partition].place(of: offset) else { continue }
            let applied = partitions[partition].history[place]
            guard applied.number == number else { continue }
            notRemembered(partition, applied.streamTime)
        }
    }

    /// The topic was made again: offsets begin anew.
    func recreated(_ partition: Int) { retired[partition] = [] }

    private func notRemembered(_ partition: Int, _ streamTime: Int64) {
        let now = partitions[partition].streamTime
        guard streamTime == .min || now - streamTime <= judge.horizonMilliseconds * 2 else { return }
        changed(partition)
    }

    private func changed(_ partition: Int) {
        let now = partitions[partition].streamTime
        let until = now == .min ? now : now + judge.horizonMilliseconds * 2
        partitions[partition].changedUntil = max(partitions[partition].changedUntil, until)
        if partitions[partition].isFresh { partitions[partition].isMemoryOpen = true }
    }

    // MARK: Transactions

    func visible(_ number: Int, _ change: VisibleChange) {
        states += 1
        note(time.now)
        switch change {
        case .claimed(let partition, let epoch, let process, let told, let isNew):
            save(number, [partition])
            claimed(partition, epoch, process, told)
            if isNew {
                forgets(process, partition)
                partitions[partition].isFresh = true
            }
        case .committed(let cuts, let process):
            save(number, cuts.map(\.partition))
            for cut in cuts { committed(cut, process) }
        case .deadLettersAlone(let partition, let letters, _):
            save(number, [partition])
            found(
                .oneCut,
                "\(log.name)/\(partition): \(letters.count) dead letters, the first of offset "
                    + "\(letters[0].offset), are visible without the progress past them")
        case .moved(let partition, let progress):
            save(number, [partition])
            moved(partition, progress)
        case .rewound(let partition, let progress):
            save(number, [partition])
            let old = partitions[partition]
            partitions[partition] = AuditedPartition()
            partitions[partition].epoch = old.epoch + 1
            partitions[partition].progress = progress
            partitions[partition].highestNext = old.highestNext
            note(Int64(partition))
        }
    }

    private func save(_ number: Int, _ changed: [Int]) {
        saved[number] = changed.map { Saved(partition: $0, state: partitions[$0]) }
    }

    /// Whether the last change of a partition's row is a process's own, under the epoch that it holds.
    func wroteLast(_ process: Int, _ partition: Int, _ epoch: Epoch) -> Bool {
        let state = partitions[partition]
        return state.writer == process && state.epoch == epoch.rawValue
    }

    /// A failover has taken a transaction back, the last one that is still there.
    func lost(_ number: Int) {
        note(Int64(-number))
        for state in saved.removeValue(forKey: number) ?? [] {
            let highest = partitions[state.partition].highestNext
            let until = partitions[state.partition].changedUntil
            partitions[state.partition] = state.state
            partitions[state.partition].highestNext = highest
            partitions[state.partition].writer = -1
            partitions[state.partition].changedUntil = max(until, state.state.changedUntil)
            if until != .min { partitions[state.partition].isMemoryOpen = true }
        }
    }

    private func claimed(_ partition: Int, _ epoch: Epoch, _ process: Int, _ told: PartitionProgress) {
        note(epoch.rawValue)
        if epoch.rawValue <= partitions[partition].epoch {
            found(.claim, "\(log.name)/\(partition): epoch \(epoch) after \(partitions[partition].epoch)")
        }
        if told != partitions[partition].progress {
            found(
                .claim,
                "\(log.name)/\(partition): the claim of epoch \(epoch) was told next offset "
                    + "\(text(told.nextOffset)), the row held \(text(partitions[partition].progress.nextOffset))")
        }
        partitions[partition].epoch = epoch.rawValue
        partitions[partition].owner = process
        partitions[partition].writer = process
        if partitions[partition].isChanged { partitions[partition].isMemoryOpen = true }
    }

    private func moved(_ partition: Int, _ progress: PartitionProgress) {
        note(progress.nextOffset?.rawValue ?? -1)
        let next = progress.nextOffset?.rawValue ?? 0
        var state = partitions[partition]
        if progress.streamTime.rawValue != state.streamTime {
            found(.time, "\(log.name)/\(partition): an operator's move changed the stream time")
        }
        state.epoch += 1
        state.progress = progress
        state.counters.skippedOffsets = progress.counters.skippedOffsets
        state.history.removeAll { $0.offset >= next }
        state.wasMoved = true
        state.writer = -1
        partitions[partition] = state
        changed(partition)
        partitions[partition].isMemoryOpen = true
    }

    // MARK: Commits

    private func committed(_ cut: CutRequest, _ process: Int) {
        let partition = cut.partition
        let name = "\(log.name)/\(partition)"
        let state = partitions[partition]
        if cut.epoch.rawValue != state.epoch {
            return found(
                .staleOwner, "\(name): a commit under epoch \(cut.epoch), claimed last was \(state.epoch)")
        }
        if cut.expectedNextOffset != state.progress.nextOffset {
            return found(
                .continuity,
                "\(name): a commit from offset \(text(cut.expectedNextOffset)), the row held "
                    + "\(text(state.progress.nextOffset))")
        }
        guard let next = cut.progress.nextOffset?.rawValue, next > state.next ?? -1 else {
            return found(
                .time, "\(name): next offset \(text(cut.progress.nextOffset)) after \(text(state.progress.nextOffset))")
        }
        var finding: (rule: Finding.Rule, message: String)?
        let memories = memories(partition, process)
        for sequence in sequences(partition, process, from: state.next, to: next) {
            if let (rule, message) = lineage(partition, sequence) {
                finding = finding ?? (rule, "\(name): \(message)")
                continue
            }
            var fitting: Judgement?
            var kept: [[EventID: Int64]] = []
            for memory in memories {
                let judgement = judge.judge(sequence, of: log.lives, from: state, memory: memory)
                if let difference = difference(cut, judgement, state) {
                    let from = text(state.progress.nextOffset)
                    finding = finding ?? (.results, "\(name) from \(from) to \(next): \(difference)")
                } else {
                    fitting = judgement
                    kept.append(memory)
                }
            }
            if let fitting { return accept(cut, fitting, kept, process) }
        }
        if let finding { found(finding.rule, finding.message) }
    }

    private func accept(_ cut: CutRequest, _ judgement: Judgement, _ memories: [[EventID: Int64]], _ process: Int) {
        let partition = cut.partition
        partitions[partition].progress = cut.progress
        partitions[partition].rows.add(judgement.rows)
        partitions[partition].letters += judgement.letters
        partitions[partition].counters = judgement.counters
        partitions[partition].counters.skippedOffsets = cut.progress.counters.skippedOffsets
        partitions[partition].streamTime = judgement.streamTime
        partitions[partition].memories = memories
        for place in memories.indices {
            for (id, seen) in judgement.sightings { partitions[partition].memories[place][id] = seen }
        }
        partitions[partition].history += judgement.applied
        partitions[partition].isMemoryOpen = false
        partitions[partition].isFresh = false
        partitions[partition].wasMoved = false
        let next = cut.progress.nextOffset?.rawValue ?? 0
        let from = cut.expectedNextOffset?.rawValue ?? 0
        partitions[partition].highestNext = max(partitions[partition].highestNext, next)
        if judgement.applied.contains(where: { log.lives[$0.number].end != nil }) { changed(partition) }
        if process < deliveries.count, partition < deliveries[process].count {
            // The same cut may be sent again: a failover takes it back while its owner waits for the answer.
            deliveries[process][partition].removeAll { $0.offset < from }
        }
        note(Int64(partition))
        note(next)
        note(judgement.streamTime)
        note(cut.epoch.rawValue)
        for (key, row) in judgement.rows.sorted(by: { $0.key < $1.key }) {
            note(key.minute)
            note(key.campaign)
            note(Int64(truncatingIfNeeded: row.spendNanos))
        }
    }

    func text(_ offset: Offset?) -> String { offset?.description ?? "nothing" }
}

// MARK: - What must have been applied

extension Auditor {
    /// The records that a commit from `from` to `to` must consist of. More than one answer where the log changed while
    /// it was read: each that its reader may have seen.
    private func sequences(_ partition: Int, _ process: Int, from: Int64?, to: Int64) -> [[Int]] {
        let first = from ?? 0
        var seen: [Int64: [Delivery]] = [:]
        var latest = Int64.min
        var latestChange = 0
        for delivery in delivered(to: process, partition) where delivery.offset >= first && delivery.offset < to {
            if seen[delivery.offset]?.contains(where: { $0.number == delivery.number }) != true {
                seen[delivery.offset, default: []].append(delivery)
            }
            if delivery.offset >= latest {
                latest = delivery.offset
                latestChange = delivery.change
            }
        }
        let source = log.partitions[partition]
        var place = source.place(of: first)
        while place < source.slots.count, source.slots[place].offset < to {
            let slot = source.slots[place]
            place += 1
            guard seen[slot.offset] == nil else { continue }
            // What came into the log after its reader had gone on is not what it should have read.
            if log.lives[slot.number].born > latestChange && slot.offset < latest { continue }
            seen[slot.offset] = [Delivery(offset: slot.offset, number: slot.number, change: log.changes)]
        }
        if from != nil { checkRetired(partition, first, to, seen.keys.contains) }
        var answers: [[Int]] = [[]]
        for offset in seen.keys.sorted() {
            let choices = seen[offset] ?? []
            if choices.count == 1 || answers.count > 8 {
                for index in answers.indices { answers[index].append(choices[choices.count - 1].number) }
            } else {
                answers = answers.flatMap { answer in choices.reversed().map { answer + [$0.number] } }
            }
        }
        return answers + answers.prefix(1).flatMap(withoutThrownAway)
    }

    /// What a worker throws away, because it waits for a seek, may be gone from the log before it comes again.
    private func withoutThrownAway(_ sequence: [Int]) -> [[Int]] {
        func isGone(_ number: Int) -> Bool {
            log.lives[number].end.map { $0 == .compaction || $0.isAnotherLog } ?? false
        }
        let gone = sequence.indices.filter { isGone(sequence[$0]) }
        return gone.prefix(60).map { first in
            sequence.indices.filter { $0 < first || !isGone(sequence[$0]) }.map { sequence[$0] }
        }
    }

    /// Records that retention removed before anybody had read them must not be passed over.
    private func checkRetired(_ partition: Int, _ from: Int64, _ to: Int64, _ wasSeen: (Int64) -> Bool) {
        for (offset, _) in retired[partition].reversed() {
            if offset < from { break }
            if offset < to && !wasSeen(offset) {
                return found(
                    .skipped,
                    "\(log.name)/\(partition): offset \(offset) was removed before it was applied, and a commit went on "
                        + "to \(to)")
            }
        }
    }

    /// Whether the records belong to one log, each standing in it together with the one before.
    private func lineage(_ partition: Int, _ sequence: [Int]) -> (Finding.Rule, String)? {
        var before = partitions[partition].wasMoved ? nil : partitions[partition].history.last?.number
        for number in sequence {
            defer { before = number }
            guard let previous = before, log.lives[previous].end?.isAnotherLog == true,
                log.lives[number].born >= log.lives[previous].ended
            else { continue }
            let offset = log.lives[previous].entry.offset.rawValue
            let source = log.partitions[partition]
            // The documented exception: nothing stands at the anchor's offset that could be compared.
            if offset < source.start || (offset < source.stableEnd && source.number(at: offset) == nil),
                !showsAnOlderAnchor(partition, log.lives[number].born)
            {
                undetectable += 1
                continue
            }
            return (
                .anotherLog,
                "offset \(log.lives[number].entry.offset) of another log was applied onto offset \(offset), which had "
                    + "left the log (\(log.lives[previous].end.map { "\($0)" } ?? ""))"
            )
        }
        return nil
    }

    /// Whether the newest older anchor that the log still holds a record for shows that this is another log, and did when
    /// a record of that age was appended.
    private func showsAnOlderAnchor(_ partition: Int, _ born: Int) -> Bool {
        let state = partitions[partition]
        let source = log.partitions[partition]
        for anchor in state.progress.olderAnchors.reversed() {
            let offset = anchor.offset.rawValue
            guard offset >= source.start, offset < source.stableEnd, source.number(at: offset) != nil else { continue }
            guard let place = state.place(of: offset) else { return false }
            let life = log.lives[state.history[place].number]
            return life.end?.isAnotherLog == true && life.ended <= born
        }
        return false
    }

    /// What the owner may remember: what was applied, or where the log has changed since, what it found in it.
    private func memories(_ partition: Int, _ process: Int) -> [[EventID: Int64]] {
        let state = partitions[partition]
        guard state.isMemoryOpen else { return state.memories }
        let next = state.next ?? 0
        let source = log.partitions[partition]
        let alive = source.slots[..<source.place(of: next)].map(\.number)
        var read: [Int64: Int] = [:]
        for delivery in delivered(to: process, partition) where delivery.offset < next {
            read[delivery.offset] = delivery.number
        }
        let reread = read.keys.sorted().compactMap { read[$0] }
        for number in alive { read[log.lives[number].entry.offset.rawValue] = number }
        let both = read.keys.sorted().compactMap { read[$0] }
        let applied = state.history.map(\.number)
        var memories = state.memories
        for numbers in [reread, alive, both, applied] {
            let memory = judge.memory(of: numbers, log.lives, progress: state.progress)
            if !memories.contains(memory) { memories.append(memory) }
        }
        return memories
    }

    /// How what became visible differs from what must have; nil where it does not.
    private func difference(_ cut: CutRequest, _ judgement: Judgement, _ state: AuditedPartition) -> String? {
        if cut.progress.streamTime.rawValue != judgement.streamTime {
            return "stream time \(cut.progress.streamTime), not \(judgement.streamTime)"
        }
        if cut.rows != judgement.rows {
            let keys = Set(cut.rows.keys).union(judgement.rows.keys).sorted()
            let key = keys.first { cut.rows[$0] != judgement.rows[$0] }
            return
                "rows differ, the first is \(key.map { "\($0): \(cut.rows[$0] as Any), not \(judgement.rows[$0] as Any)" } ?? "")"
        }
        if let difference = letterDifference(cut.deadLetters, judgement) { return difference }
        var counters = cut.progress.counters
        counters.skippedOffsets = judgement.counters.skippedOffsets
        if counters != judgement.counters { return "counters \(counters), not \(judgement.counters)" }
        if let skipped = skippedDifference(cut, judgement, state) { return skipped }
        if let last = judgement.applied.last {
            let entry = log.lives[last.number].entry
            if cut.progress.nextOffset != entry.offset.next { return "next offset is not behind the last record" }
            if cut.progress.anchor != anchor(of: last.number) { return "the anchor is not the last record" }
        }
        if let difference = olderAnchorDifference(cut.progress, judgement, state) { return difference }
        return markDifference(cut.progress, judgement, state)
    }

    private func skippedDifference(_ cut: CutRequest, _ judgement: Judgement, _ state: AuditedPartition) -> String? {
        // Of a first start the beginning of the log is where counting begins.
        guard let from = state.next, let to = cut.progress.nextOffset?.rawValue else { return nil }
        let skipped = cut.progress.counters.skippedOffsets - state.counters.skippedOffsets
        let missing = to - from - Int64(judgement.applied.count)
        return skipped == missing ? nil : "\(skipped) offsets counted as skipped, not \(missing)"
    }

    private func letterDifference(_ letters: [DeadLetter], _ judgement: Judgement) -> String? {
        guard letters.count == judgement.letters.count else {
            return "\(letters.count) dead letters, not \(judgement.letters.count)"
        }
        var place = 0
        for applied in judgement.applied where log.lives[applied.number].judged.fault != nil {
            let letter = letters[place]
            let entry = log.lives[applied.number].entry
            if letter.offset != entry.offset || letter.reason != judgement.letters[place].reason
                || letter.payload != entry.value || letter.key != entry.key || letter.headers != entry.headers
                || letter.timestampMilliseconds != entry.timestampMilliseconds
            {
                return "the dead letter of offset \(letter.offset) is not the record"
            }
            place += 1
        }
        return nil
    }

    /// Each anchor before the last one must be of a record that was applied.
    private func olderAnchorDifference(
        _ progress: PartitionProgress, _ judgement: Judgement, _ state: AuditedPartition
    ) -> String? {
        let older = progress.olderAnchors
        if older.count > (isCompacted ? [Anchor].maximumOlder : 0) { return "\(older.count) older anchors are kept" }
        for (place, anchor) in older.enumerated() {
            let behind = place + 1 < older.count ? older[place + 1] : progress.anchor
            if let behind, anchor.offset >= behind.offset { return "older anchors are not in the order of offsets" }
            if state.progress.olderAnchors.contains(anchor) || state.progress.anchor == anchor { continue }
            let applied = judgement.applied.first { $0.offset == anchor.offset.rawValue }
            if applied.map({ self.anchor(of: $0.number) }) != anchor {
                return "the older anchor at offset \(anchor.offset) is not a record that was applied"
            }
        }
        return nil
    }

    func anchor(of number: Int) -> Anchor {
        let life = log.lives[number]
        return RecordBlock([(Partition(Int32(life.partition)), life.entry)]).withRecords { Anchor(of: $0[0]) }
    }

    /// Each mark must name the stream time just before its offset.
    private func markDifference(
        _ progress: PartitionProgress, _ judgement: Judgement, _ state: AuditedPartition
    ) -> String? {
        // About 32 within the horizon, one before it, one or two of an operator.
        if progress.marks.count > 40 { return "\(progress.marks.count) marks are kept" }
        guard progress.counters.skippedOffsets == 0 || !state.isChanged else { return nil }
        for mark in progress.marks where mark.streamTime != .distantPast {
            if state.progress.marks.contains(mark) { continue }
            let offset = mark.offset.rawValue
            let time: Int64
            if let first = judgement.applied.first, offset > first.offset {
                time = judgement.applied.last { $0.offset < offset }?.streamTime ?? state.streamTime
            } else {
                time = state.streamTime
            }
            if mark.streamTime.rawValue != time {
                return "the mark at offset \(offset) says \(mark.streamTime), stream time was \(time)"
            }
        }
        return nil
    }
}
