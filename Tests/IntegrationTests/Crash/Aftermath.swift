import Streams

/// What a process that died at a point has left in the database, against what the point promises.
struct Aftermath {
    private let point: CrashPoint
    private let before: VisibleState
    private let after: VisibleState
    /// Checkpoints that the process knew to be committed, and their records.
    private let known: Int
    private let knownRecords: Int64

    /// - Parameters:
    ///   - before: what was visible when the process was started.
    ///   - after: what is visible after its sessions are over.
    init(_ point: CrashPoint, before: VisibleState, after: VisibleState, _ process: Aggregator) {
        self.point = point
        self.before = before
        self.after = after
        known = process.commits.count
        knownRecords = process.commits.reduce(0) { $0 + ($1["records"].flatMap { Int64($0) } ?? 0) }
    }

    /// How many checkpoints the process knew to be committed when it died there.
    private var promisedKnown: Int? {
        switch point.step {
        case .claim, .warmUp: 0
        // The Nth is on its way: the ones before it are known.
        case .handOver, .begin, .progressUpdate, .write, .commitSent: point.arrival - 1
        case .commitAcknowledged: point.moment == .before ? point.arrival - 1 : point.arrival
        case .mirror: point.arrival
        case .poll, .decode, .revoke, .drain: nil
        }
    }

    private enum Further {
        /// What is committed is what the process knew.
        case nothing
        /// One checkpoint more is committed.
        case one
        /// One more, or not: whole either way.
        case perhapsOne
    }

    /// What is committed beyond what the process knew.
    private var promisedFurther: Further {
        switch (point.step, point.moment) {
        case (.claim, _), (.warmUp, _), (.handOver, .before), (.begin, _), (.progressUpdate, _), (.write, _),
            (.commitSent, .before), (.commitAcknowledged, .after), (.mirror, _), (.revoke, _), (.drain, .after):
            .nothing
        case (.commitAcknowledged, .before): .one
        case (.commitSent, .after), (.handOver, .after), (.poll, _), (.decode, _), (.drain, .before): .perhapsOne
        }
    }

    func brokenPromises() -> [String] {
        var broken: [String] = []
        let raised: Int64 = point.step == .claim && point.moment == .before ? 0 : 1
        for (partition, was) in before.partitions {
            let epoch = after.partitions[partition]?.epoch ?? -1
            if epoch != was.epoch + raised {
                broken.append("partition \(partition) has epoch \(epoch), not \(was.epoch + raised)")
            }
        }
        if let promisedKnown, known != promisedKnown {
            broken.append("\(known) checkpoints were known to be committed, not \(promisedKnown)")
        }
        let beyond = after.records - before.records - knownRecords
        let holds =
            switch promisedFurther {
            case .nothing: beyond == 0
            case .one: beyond > 0
            case .perhapsOne: beyond >= 0
            }
        if !holds {
            broken.append("\(beyond) records are committed beyond the \(knownRecords) that it knew of")
        }
        return broken
    }
}
