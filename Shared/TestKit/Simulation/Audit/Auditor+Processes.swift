import Streams

/// What an auditor sees of a process, beside what becomes visible in the database.
extension Auditor {
    /// Lag tools were told how far a partition is.
    func mirrored(_ partition: Int, _ next: Offset) {
        guard next.rawValue > partitions[partition].highestNext else { return }
        found(
            .mirror,
            "\(log.name)/\(partition): the group was told \(next), committed is \(text(partitions[partition].progress.nextOffset))"
        )
    }

    /// A partition stands still. The reason has to be so, and its message has to say where.
    func stopped(_ partition: Int, _ reason: StopReason, _ context: StopContext) {
        if !reason.message.hasPrefix("\(log.name)/\(partition)") || !reason.message.contains(where: \.isNumber) {
            found(.stopReason, "the message does not name topic, partition and offset: \(reason)")
        }
        guard !isTrue(partition, reason, context) else { return }
        let source = log.partitions[partition]
        found(
            .stopReason,
            "\(log.name)/\(partition) of process \(context.process): \(reason). But the log has \(source.bounds.start) to "
                + "\(source.bounds.end), the row next offset \(text(partitions[partition].progress.nextOffset)) under "
                + "epoch \(partitions[partition].epoch) of process \(partitions[partition].owner)")
    }

    /// What is known of a partition that stops.
    struct StopContext {
        var process: Int
        /// The partition as its process held it.
        var snapshot: PartitionSnapshot
        /// A commit of the process was refused although nobody had touched the row.
        var wasTouched: Bool
        /// Errors of the client were let loose on it.
        var hadSourceError: Bool
    }

    private func isTrue(_ partition: Int, _ reason: StopReason, _ context: StopContext) -> Bool {
        let state = partitions[partition]
        switch reason.code {
        // The first offset that the message names was there once, and the log begins behind it.
        case .recordsGone:
            let first = reason.message.split { !$0.isNumber }.dropFirst()
                .first.flatMap { Int64($0) }
            return first.map { $0 < log.wasStart[partition] ?? 0 } ?? false
        case .logTruncated: return log.wasCut(partition)
        case .logReplaced: return log.wasCut(partition)
        // Where the log was changed a warm-up may come to another time than was stored.
        case .warmUpMismatch: return log.wasCut(partition) || state.isChanged
        case .fenced: return context.wasTouched
        case .horizonLimit, .offsetsMissing: return false
        case .sourceError:
            return context.hadSourceError || log.wasCut(partition) || log.wasStart[partition] ?? 0 > 0
        }
    }

    /// A revoke is acknowledged. What was applied must be committed, unless there was a reason why it could not.
    func revoked(
        _ process: Int, before: [PartitionSnapshot], tookMilliseconds: Int64, limitMilliseconds: Int64,
        isDatabaseWell: Bool
    ) {
        guard isDatabaseWell, tookMilliseconds < limitMilliseconds else { return }
        for snapshot in before where snapshot.phase == .running {
            let partition = Int(snapshot.partition.rawValue)
            let state = partitions[partition]
            guard state.owner == process, let committed = snapshot.committedNext ?? state.progress.nextOffset,
                state.progress.nextOffset.map({ $0 >= committed }) ?? false, !log.wasCut(partition),
                snapshot.oldestPendingMilliseconds >= 0
            else { continue }
            if let next = state.progress.nextOffset, next < snapshot.expected {
                found(
                    .revoke,
                    "\(log.name)/\(partition): process \(process) acknowledged a revoke after \(tookMilliseconds) ms with "
                        + "offsets \(next) to \(snapshot.expected.previous) applied and not committed")
            }
        }
    }

    /// What a process holds in memory has its limits.
    func sampled(_ snapshots: [PartitionSnapshot], pendingRows: Int, limits: WorkerSettings) {
        // Twice the limit stop the reading; what was polled before that comes on top.
        if pendingRows > limits.maximumPendingRows * 2 + limits.batchRecords * 2 {
            found(.memory, "\(pendingRows) rows are pending, the limit is \(limits.maximumPendingRows)")
        }
        for snapshot in snapshots where snapshot.phase == .running {
            let partition = Int(snapshot.partition.rawValue)
            // After a failover a process remembers what the database does not know of any more.
            guard snapshot.epoch.rawValue == partitions[partition].epoch else { continue }
            let seen = log.partitions[partition]
            // What lies within the horizon and the quarter of it that a sweep may be behind; a block is swept once.
            let oldest =
                snapshot.streamTime.rawValue == .min
                ? Int64.min : snapshot.streamTime.rawValue - judge.horizonMilliseconds * 3 / 2 - 60_000
            let history = partitions[partition].history
            let remembered = history.reversed().prefix { $0.streamTime >= oldest }.count
            let unread = Int(max(0, snapshot.expected.rawValue - (partitions[partition].next ?? seen.start)))
            if snapshot.rememberedIDs > remembered + unread + 256 {
                found(
                    .memory,
                    "\(log.name)/\(partition): \(snapshot.rememberedIDs) ids are remembered, \(remembered + unread) lie "
                        + "within the horizon")
            }
        }
    }

    /// The tables as a whole, row by row.
    func compare(_ tables: [PartitionTables]) {
        for (partition, table) in tables.enumerated() {
            let state = partitions[partition]
            let name = "\(log.name)/\(partition)"
            if table.rows != state.rows { found(.results, "\(name): the table of results is not what was committed") }
            if table.deadLetters.map(\.offset.rawValue) != state.letters.map(\.offset) {
                found(.results, "\(name): the dead letters are not what was committed")
            }
            if let row = table.progress, row.progress != state.progress || row.epoch.rawValue != state.epoch {
                found(.results, "\(name): the progress row is not what was committed")
            }
        }
    }
}
