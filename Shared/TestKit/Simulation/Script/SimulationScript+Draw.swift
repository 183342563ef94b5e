extension SimulationScript {
    /// Draws a script: a world, a few of the kinds of faults, and how often each comes. That a run has few kinds lets
    /// it go where all kinds at once would never let it come (swarm testing: Groce, Zhang, Eide, Chen and Regehr,
    /// ISSTA 2012).
    public init(drawnFrom seed: UInt64) {
        var random = SeededGenerator(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x5EED)
        self.init(seed: seed, parameters: [:], faults: [])
        func drawn(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
        self[.partitions] = drawn(1...5)
        self[.members] = drawn(1...3)
        self[.records] = drawn(100...400)
        self[.duration] = drawn(300...1_500) * 1_000
        self[.horizon] = [20_000, 60_000, 200_000].randomElement(using: &random) ?? 60_000
        self[.outOfOrderness] = drawn(2...10) * 1_000
        self[.session] = drawn(6...15) * 1_000
        self[.heartbeat] = drawn(3...20) * 100
        self[.checkpoint] = drawn(1...20) * 100
        self[.poll] = drawn(2...10) * 100
        self[.batch] = drawn(5...150)
        self[.pendingRows] = drawn(10...200)
        self[.revokeLimit] = self[.session] / 2
        self[.drainLimit] = drawn(4...10) * 1_000
        self[.lockTimeout] = drawn(10...30) * 100
        let share = drawn(2...7)
        for kind in FaultKind.allCases where drawn(0...9) < share {
            for _ in 0..<drawn(1...Self.most(kind)) {
                faults.append(
                    Fault(
                        moment: drawn(1_000...self[.duration]), kind: kind, target: Int(drawn(0...999)),
                        amount: Self.amount(kind, self[.session], &random), salt: random.next()))
            }
        }
        faults.sort { $0.moment < $1.moment }
    }

    /// The most that one run has of a kind. What changes the log for good needs an operator each time.
    private static func most(_ kind: FaultKind) -> Int64 {
        switch kind {
        case .truncation, .topicRecreated, .recordReplaced, .retentionOvertakes, .partitionsAdded, .operatorRewound:
            2
        case .failover, .zombie, .twinStarted, .scaledUp, .scaledDown, .operatorMoved, .serverDown, .writeRejected,
            .drainCutShort, .partitionFailed:
            3
        case .killedAtStep, .stoppedAtStep: 8
        default: 5
        }
    }

    /// How long in milliseconds, or how many, as the kind has it.
    private static func amount(_ kind: FaultKind, _ session: Int64, _ random: inout SeededGenerator) -> Int64 {
        func drawn(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
        return switch kind {
        case .processKilled, .killedAtStep: drawn(0...3) == 0 ? session + drawn(0...10_000) : drawn(200...4_000)
        case .processStopped, .stoppedAtStep: drawn(200...session)
        case .zombie, .heartbeatsLost: session + drawn(2_000...30_000)
        case .twinStarted: drawn(500...20_000)
        case .brokerUnreachable, .serverDown, .connectionsExhausted: drawn(500...40_000)
        case .rowLocked: drawn(500...9_000)
        case .revokeLate: drawn(500...session)
        case .failover: drawn(100...6_000)
        case .retention, .retentionOvertakes, .compaction, .truncation: drawn(1...60)
        case .repeatsSent, .lateSent, .damagedSent, .timestampsAbsent, .partitionHot: drawn(5...40)
        case .clockJumped: drawn(-120...300) * 1_000
        case .partitionIdle, .transactionHangs: drawn(5_000...90_000)
        case .transactionAborted: drawn(1...20)
        case .operatorMoved: drawn(-20...20)
        default: drawn(2_000...60_000)
        }
    }
}
