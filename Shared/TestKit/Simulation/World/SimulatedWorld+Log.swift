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
        case .truncation:
            let to = max(source.start, source.end - fault.amount)
            guard to < source.end else { return }
            cut(partition, at: to, isNewLog: false)
            remove(fault.kind, log.truncate(partition, to: to))
        case .topicRecreated:
            guard source.end > 0 else { return }
            cut(partition, at: 0, isNewLog: true)
            remove(fault.kind, log.recreate(partition))
            auditor.recreated(partition)
        case .recordReplaced:
            let last = next(partition) - 1
            let offset = random.oneIn(2) ? last : last - Int64.random(in: 0...30, using: &random)
            guard offset >= source.start, source.number(at: offset) != nil, offset < source.stableEnd else { return }
            let value = producers[partition].producer.another(unixMilliseconds: time.unixMilliseconds())
            cut(partition, at: offset + 1, isNewLog: true)
            remove(fault.kind, log.replace(partition, offset: offset, value: value))
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
