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
        switch reason.code {
        case .recordsGone: move(partition, .acceptGap(to: Offset(log.partitions[partition].start)))
        case .warmUpMismatch: move(partition, .forgetIDs)
        case .logTruncated, .logReplaced: goOnInAnotherLog(partition)
        default: break
        }
        // A stopped partition goes on once it is assigned again.
        if !process.isDead, !process.hasExited { process.requestStop() }
    }

    /// The log was cut off or made again; the operator knows where.
    private func goOnInAnotherLog(_ partition: Int) {
        let source = log.partitions[partition]
        guard let cut = cutAt[partition], !cut.isNewLog else {
            return move(partition, .newLog(from: Offset(source.start)))
        }
        move(partition, .acceptTruncation(at: Offset(max(source.start, min(cut.offset, source.stableEnd)))))
    }

    /// Moves a partition as the operators' command does, which refuses what would leave wrong results.
    func move(_ partition: Int, _ move: OperatorMove, counting kind: FaultKind? = nil) {
        server.move(partition, move) { [self] progress in
            let lastApplied = lastApplied(partition, progress)
            let situation = MoveSituation(
                topic: log.name, partition: Partition(Int32(partition)), progress: progress,
                bounds: log.partitions[partition].bounds, lastApplied: lastApplied.answer,
                compared: lastApplied.compared,
                outlivedItsLog: outlived.contains(partition))
            do throws(MoveRefusal) {
                let moved = try move.progress(in: situation)
                switch move {
                case .acceptTruncation, .newLog:
                    outlived.insert(partition)
                    cutAt[partition] = nil
                case .rewind, .acceptGap, .forgetIDs: break
                }
                if let kind { faults.occurred(kind) }
                return moved
            } catch {
                trace("an operator's \(move.kind) is refused: \(error.message)")
                return nil
            }
        }
    }

    private func lastApplied(
        _ partition: Int, _ progress: PartitionProgress
    ) -> (answer: MoveSituation.LastApplied, compared: Anchor?) {
        let source = log.partitions[partition]
        return progress.lastApplied { offset in
            offset.rawValue < source.stableEnd ? source.number(at: offset.rawValue).map(auditor.anchor(of:)) : nil
        }
    }
}
