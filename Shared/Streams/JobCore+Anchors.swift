/// Whether the log is still the one that was read: anchors are compared with it.
extension JobCore {
    /// - Parameter committed: the offset to read next that the progress row has.
    func compare(
        _ partition: Partition, _ anchor: Anchor, with found: Anchor, committed: Offset?
    ) -> StopReason? {
        guard found != anchor else { return nil }
        #if SLUICE_MUTANTS
            if settings.mutants.contains(.anchor) { return nil }
        #endif
        let isCommitted = committed.map { anchor.offset < $0 } ?? false
        return StopReason(
            .logReplaced,
            "\(topic)/\(partition): the record at offset \(anchor.offset) is not the one that was "
                + "\(isCommitted ? "applied" : "read") (timestamp \(found.timestampMilliseconds) instead of "
                + "\(anchor.timestampMilliseconds), or other bytes). The topic was truncated or created again; nothing "
                + "more is applied from it. "
                + (isCommitted
                    ? "Find out which, then: "
                        + operatorMove(partition, "--accept-truncation-at OFFSET (or --new-log-from OFFSET)")
                    : Self.nothingCommitted))
    }

    /// The connection to a broker was lost: what was read so far must be found unchanged before it is committed. What
    /// the client has fetched and not handed over yet may be of the log before: it is thrown away and fetched again,
    /// or it would be applied behind the comparison, and another log's records onto it.
    public func connectionLost() {
        for case let task? in tasks {
            if task.isRunning || task.hasUncut { suspect(task) }
            #if SLUICE_MUTANTS
                if settings.mutants.contains(.refetch) { continue }
            #endif
            if !task.isStopped {
                task.mustRefetch = true
                task.awaitingSeek = true
                task.reseeks = 0
                task.firstAfterSeek = nil
            }
        }
    }

    func suspect(_ task: PartitionTask<Logic>) {
        for anchor in [task.committed.anchor, task.anchor].compactMap({ $0 })
        where !task.suspects.contains(where: { $0.anchor == anchor }) {
            // The newest takes the place of the one before it: what is cut off is cut off at the end.
            if task.suspects.count == 8 { task.suspects.removeLast() }
            task.suspects.append(.init(anchor: anchor, standsFor: anchor.offset))
        }
    }

    /// The last applied record is not in the log at an assignment: what stands in for it is compared at once.
    func isGone(_ anchor: Anchor, of task: PartitionTask<Logic>) {
        isGone(.init(anchor: anchor, standsFor: anchor.offset), of: task)
        task.comparesAtOnce = !task.suspects.isEmpty
    }

    /// The log holds no record at an anchor's offset any more: the next older one is compared in its place. Where there
    /// is none, nothing can be.
    private func isGone(_ suspect: PartitionTask<Logic>.Suspect, of task: PartitionTask<Logic>) {
        // What is compacted away does not come back.
        task.olderAnchors.removeAll { $0.offset == suspect.anchor.offset }
        guard let older = task.olderAnchors.last(where: { $0.offset < suspect.anchor.offset }) else {
            incidents.append(.anchorUnverifiable(task.partition, suspect.standsFor))
            return
        }
        if let place = task.suspects.firstIndex(where: { $0.anchor == older }) {
            task.suspects[place].standsFor = max(task.suspects[place].standsFor, suspect.standsFor)
        } else {
            task.suspects.append(.init(anchor: older, standsFor: suspect.standsFor))
        }
    }

    /// Anchors that have to be compared with the log before the next cut. Comparing one may bring up an older one, which
    /// has to be compared as well.
    public var suspects: [(partition: Partition, anchors: [Anchor])] {
        tasks.compactMap { task in
            guard let task, !task.suspects.isEmpty, task.isRunning || task.hasUncut else { return nil }
            return (task.partition, task.suspects.map(\.anchor))
        }
    }

    /// Whether suspects are to be compared without waiting for a cut. Asked in every round.
    public var comparesAtOnce: Bool {
        guard settings.isCompacted else { return false }
        for index in 0..<tasks.count {
            if let task = tasks[index], task.comparesAtOnce, task.isRunning { return true }
        }
        return false
    }

    /// What the log holds at a suspect anchor's offset now; nil where that offset holds no record any more.
    public func verified(_ partition: Partition, _ anchor: Anchor, found: Anchor?, bounds: LogBounds) {
        guard let task = task(partition), let place = task.suspects.firstIndex(where: { $0.anchor == anchor })
        else { return }
        let suspect = task.suspects.remove(at: place)
        if let found, found.offset == anchor.offset {
            if let mismatch = compare(partition, anchor, with: found, committed: task.committed.nextOffset) {
                stop(task, mismatch)
            }
        } else if let reason = outOfBounds(
            partition, missingFrom(anchor, task.committed.nextOffset, bounds), bounds,
            committed: task.committed.nextOffset), reason.code == .logTruncated
        {
            stop(task, reason)
        } else {
            isGone(suspect, of: task)
        }
        if task.suspects.isEmpty { task.comparesAtOnce = false }
    }

    /// Up to where the log should reach: to the end of what is committed (a checkpoint may have gone through since the
    /// suspicion arose) where that is lost, because this is what has to be decided about; else to what was read.
    private func missingFrom(_ anchor: Anchor, _ committed: Offset?, _ bounds: LogBounds) -> Offset {
        guard let committed else { return anchor.offset.next }
        return committed > bounds.end ? committed : max(anchor.offset.next, committed)
    }
}
