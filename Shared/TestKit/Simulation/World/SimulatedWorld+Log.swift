import Streams

extension SimulatedWorld {
    /// Where the database says that the partition is.
    private func next(_ partition: Int) -> Int64 {
        server.tables[partition].progress?.progress.nextOffset?.rawValue ?? log.partitions[partition].start
    }

    /// Lets something befall the log itself.
    func applyToLog(_ fault: SimulationScript.Fault) {
        let partition = fault.target % log.partitions.count
        let source = log.partitions[partition]
        var random = SeededGenerator(seed: fault.salt)
        switch fault.kind {
        case .retention:
            let to = min(source.start + fault.amount * 4, next(partition))
            guard to > source.start else { return }
            remove(fault.kind, log.removeBefore(partition, to))
        case .retentionOvertakes:
            let to = next(partition) + fault.amount
            let unread = source.records(from: next(partition), limit: .max).filter { $0.offset < to }
            guard to > source.start, !unread.isEmpty else { return }
            remove(fault.kind, log.removeBefore(partition, to))
        case .compaction:
            for _ in 0..<fault.amount {
                guard let slot = log.partitions[partition].slots.randomElement(using: &random),
                    slot.offset < source.stableEnd
                else { continue }
                remove(fault.kind, log.compact(partition, offset: slot.offset))
            }
        case .truncation where random.oneIn(2): truncationsDue[partition] = fault
        case .truncation: truncate(partition, to: max(source.start, source.end - fault.amount), &random)
        case .topicRecreated:
            guard source.end > 0 else { return }
            cut(partition, at: 0, isNewLog: true)
            remove(fault.kind, log.recreate(partition))
            auditor.recreated(partition)
            tellReaders(partition, &random)
            if random.oneIn(2) { burst(partition, count: Int(source.end) + 5) }
        case .recordReplaced:
            let last = next(partition) - 1
            let offset = random.oneIn(2) ? last : last - Int64.random(in: 0...30, using: &random)
            guard offset >= source.start, source.number(at: offset) != nil, offset < source.stableEnd else { return }
            let value = producers[partition].producer.another(unixMilliseconds: time.unixMilliseconds())
            cut(partition, at: offset, isNewLog: false)
            remove(fault.kind, log.replace(partition, offset: offset, value: value))
            tellReaders(partition, &random)
        case .partitionsAdded:
            guard log.partitions.count < 7 else { return }
            faults.occurred(.partitionsAdded)
            addPartition()
            let count = log.partitions.count
            time.after(Int64.random(in: 100...10_000, using: &random)) { [self] in
                coordinator.setPartitionCount(max(count, coordinator.partitionCount))
            }
        default: break
        }
    }

    private func truncate(_ partition: Int, to end: Int64, _ random: inout SeededGenerator) {
        let before = log.partitions[partition].end
        guard end < before else { return }
        cut(partition, at: end, isNewLog: false)
        remove(.truncation, log.truncate(partition, to: end))
        tellReaders(partition, &random)
        // Where producers come back before the readers do, the offsets are soon there again.
        if random.oneIn(2) { burst(partition, count: Int(before - end) + 5) }
    }

    /// A client holds records that it has not handed over: the moment for a truncation that is due.
    func truncateBeneath(_ partition: Int, _ first: Int64) {
        guard let fault = truncationsDue.removeValue(forKey: partition), !faults.isCalm else { return }
        time.after(0) { [self] in
            var random = SeededGenerator(seed: fault.salt &+ 1)
            truncate(partition, to: max(log.partitions[partition].start, first + fault.amount % 3), &random)
        }
    }

    /// Some clients lose the connection to the old leader at once, with records of it still in their queues; the others
    /// hear of the new leader with their next fetch.
    private func tellReaders(_ partition: Int, _ random: inout SeededGenerator) {
        for process in processes where !process.isDead && !process.hasExited && random.oneIn(2) {
            process.consumer.leaderLost(partition)
        }
    }

    private func remove(_ kind: FaultKind, _ numbers: [Int]) {
        guard !numbers.isEmpty else { return }
        faults.occurred(kind)
        auditor.removed(numbers)
    }

    /// From `offset` on the log is another one; where it was cut twice the lower place counts.
    private func cut(_ partition: Int, at offset: Int64, isNewLog: Bool) {
        let before = cutAt[partition]
        cutAt[partition] = (min(offset, before?.offset ?? offset), isNewLog || (before?.isNewLog ?? false))
    }
}
