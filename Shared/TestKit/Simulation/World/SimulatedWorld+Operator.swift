import Streams

/// What people do: they look at a partition that stands still, decide, and start again what has to be.
extension SimulatedWorld {
    /// A partition of a process has stopped.
    func stopped(_ process: any SimulatedProcess, _ snapshot: PartitionSnapshot, _ reason: StopReason) {
        let partition = Int(snapshot.partition.rawValue)
        auditor.stopped(
            partition, reason,
            Auditor.StopContext(
                process: process.number, snapshot: snapshot,
                wasTouched: !auditor.wroteLast(process.number, partition, snapshot.epoch),
                hadSourceError: sourceErrors.contains(partition)))
        guard reason.code != .fenced else { return }
        time.after(Int64.random(in: 3_000...15_000, using: &random)) { [self] in
            look(at: partition, of: process, reason)
        }
    }

    private func look(at partition: Int, of process: any SimulatedProcess, _ reason: StopReason) {
        guard let row = server.tables[partition].progress, let next = row.progress.nextOffset?.rawValue else {
            return restart(process)
        }
        let source = log.partitions[partition]
        switch reason.code {
        case .recordsGone where next < source.start:
            server.move(partition, to: source.start, isNewLog: false)
        case .logTruncated, .logReplaced, .warmUpMismatch:
            if let cut = cutAt[partition], needsDecision(partition, next) {
                if random.oneIn(3) {
                    server.rewind(partition)
                } else {
                    server.move(partition, to: max(source.start, min(next, cut.offset)), isNewLog: cut.isNewLog)
                }
            } else if reason.code == .warmUpMismatch {
                // Other records stand before the next one: nothing of them is to be remembered.
                server.move(partition, to: next, isNewLog: true)
            }
        default: break
        }
        restart(process)
    }

    /// Whether the row still names a record that the log does not hold.
    private func needsDecision(_ partition: Int, _ next: Int64) -> Bool {
        let source = log.partitions[partition]
        guard next <= source.stableEnd else { return true }
        guard let anchor = server.tables[partition].progress?.progress.anchor,
            let number = source.number(at: anchor.offset.rawValue)
        else { return false }
        return auditor.anchor(of: number) != anchor
    }

    /// A stopped partition goes on once it is assigned again: its process is started again.
    private func restart(_ process: any SimulatedProcess) {
        guard !process.isDead, !process.hasExited else { return }
        process.requestStop()
    }
}
