import Streams

/// What sends to one partition, and how it stands.
struct ProducerState {
    var producer: AdProducer
    var random: SeededGenerator
    var left: Int
    /// Nothing is sent before this moment.
    var idleUntil: Int64 = 0
    /// So many of the next records are sent in a transaction that is aborted.
    var toAbort = 0
    /// A transaction that stays open for so long once it has begun.
    var hangsFor: Int64 = 0
    var openTransactions = 0
    /// The last record, which is sent when everything is calm.
    var hasFinished = false

    init(seed: UInt64, _ script: SimulationScript) {
        producer = AdProducer(seed: seed, horizonMilliseconds: script[.horizon])
        random = SeededGenerator(seed: seed ^ 0xABCD)
        left = Int(script[.records])
    }

    var isUnfinished: Bool { !hasFinished || openTransactions > 0 }
}

extension SimulatedWorld {
    /// Sends in bursts until everything is sent.
    func scheduleSending(_ partition: Int) {
        let rest = script[.duration] - time.now
        guard producers[partition].left > 0, rest > 0 else { return }
        let bursts = max(1, Int64(producers[partition].left) / 3)
        let pause = Int64.random(in: 0...max(1, 2 * rest / bursts), using: &producers[partition].random)
        time.after(pause) { [self] in
            let now = time.now
            if producers[partition].idleUntil > now {
                faults.occurred(.partitionIdle)
                time.at(producers[partition].idleUntil) { [self] in send(partition) }
            } else {
                send(partition)
            }
        }
    }

    private func send(_ partition: Int) {
        let count = min(producers[partition].left, Int.random(in: 1...5, using: &producers[partition].random))
        producers[partition].left -= count
        burst(partition, count: count)
        scheduleSending(partition)
    }

    /// Sends so many records, as they come or as faults have asked for.
    func burst(_ partition: Int, count: Int) {
        var transaction: Int?
        let aborts = producers[partition].toAbort > 0
        let hangs = producers[partition].hangsFor
        if aborts || hangs > 0 || producers[partition].random.oneIn(12) {
            transaction = log.changes
            producers[partition].hangsFor = 0
        }
        for _ in 0..<count {
            let sending = producers[partition].producer.next(unixMilliseconds: time.unixMilliseconds())
            for kind in sending.kinds { faults.occurred(kind) }
            log.append(
                to: partition, timestampMilliseconds: sending.timestampMilliseconds, key: sending.key,
                value: sending.value, headers: sending.headers, transaction: transaction)
            if aborts { producers[partition].toAbort -= 1 }
        }
        if let transaction {
            producers[partition].openTransactions += 1
            if hangs > 0 {
                faults.occurred(.transactionHangs)
                time.after(hangs) { [self] in end(transaction, of: partition, aborting: false) }
            } else {
                let pause = Int64.random(in: 1...300, using: &producers[partition].random)
                time.after(pause) { [self] in end(transaction, of: partition, aborting: aborts) }
            }
        }
        appended(to: partition)
    }

    private func end(_ transaction: Int, of partition: Int, aborting: Bool) {
        producers[partition].openTransactions -= 1
        if aborting { faults.occurred(.transactionAborted) }
        log.endTransaction(transaction, in: partition, committing: !aborting)
        appended(to: partition)
    }

    /// Each partition is sent one more record: an owner that has nothing to commit does not look at its row, and so
    /// does not hear of a failover.
    func finishProducing() {
        for partition in producers.indices {
            producers[partition].left = 0
            producers[partition].toAbort = 0
            producers[partition].hangsFor = 0
            time.after(Int64.random(in: 20_000...40_000, using: &random)) { [self] in
                burst(partition, count: 1)
                producers[partition].hasFinished = true
            }
        }
    }
}
