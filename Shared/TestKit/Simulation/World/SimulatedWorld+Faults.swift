import Streams

extension SimulatedWorld {
    /// The living process that a fault means, counted round.
    private func process(_ fault: SimulationScript.Fault) -> (any SimulatedProcess)? {
        let living = processes.filter { !$0.isDead && !$0.hasExited }
        return living.isEmpty ? nil : living[fault.target % living.count]
    }

    private func partition(_ fault: SimulationScript.Fault) -> Int { fault.target % log.partitions.count }

    /// Lets a fault of the script happen.
    func apply(_ fault: SimulationScript.Fault) {
        trace("fault \(fault.kind.rawValue) \(fault.target) \(fault.amount)")
        switch fault.kind {
        case .processKilled, .killedAtStep, .processStopped, .stoppedAtStep, .zombie, .twinStarted, .upgraded,
            .drainCutShort, .scaledUp, .scaledDown:
            applyToProcesses(fault)
        case .heartbeatsLost, .rebalanced, .revokeLate: applyToGroup(fault)
        case .brokerUnreachable, .connectionReset, .staleRecords, .seekFailed, .shortReads, .fetchSlow,
            .boundsUnavailable, .partitionFailed:
            applyToClients(fault)
        case .retention, .retentionOvertakes, .compaction, .truncation, .topicRecreated, .recordReplaced,
            .partitionsAdded:
            applyToLog(fault)
        case .transactionAborted, .transactionHangs, .repeatsSent, .lateSent, .damagedSent, .clockJumped,
            .timestampsAbsent, .partitionIdle, .partitionHot:
            applyToProducers(fault)
        case .serializationFailure, .rowLocked, .droppedBefore, .droppedInside, .commitReplyLost, .ghostCommit,
            .failover, .serverDown, .commitSlow, .writeRejected, .connectionsExhausted:
            applyToDatabase(fault)
        case .operatorMoved, .operatorRewound: applyToProgress(fault)
        }
    }

    /// For as long as the fault says its kind strikes once in so many times.
    private func begin(_ fault: SimulationScript.Fault, oneIn: Int = 1) {
        faults.begin(fault.kind, milliseconds: fault.amount, oneIn: oneIn, salt: fault.salt)
    }

    private func applyToProcesses(_ fault: SimulationScript.Fault) {
        if fault.kind == .scaledUp {
            guard slots.count < 6 else { return }
            slots.append(Slot(instance: "worker-\(slots.count)"))
            faults.occurred(.scaledUp)
            return start(slots.count - 1)
        }
        guard let process = process(fault) else { return }
        switch fault.kind {
        case .processKilled:
            faults.occurred(.processKilled)
            kill(process, isHostGone: fault.salt % 8 == 0, restartAfterMilliseconds: fault.amount)
        case .killedAtStep, .stoppedAtStep:
            let moments = StepMoment.allCases
            process.order(
                StepOrder(
                    step: WorkerStep.allCases[fault.target % WorkerStep.allCases.count],
                    moment: moments[Int(fault.salt % UInt64(moments.count))], passing: Int(fault.salt / 16 % 4),
                    action: fault.kind == .killedAtStep ? .kill : .stop(milliseconds: fault.amount)))
        case .processStopped, .zombie: stop(process, milliseconds: fault.amount, counting: fault.kind)
        case .twinStarted: startTwin(of: process)
        case .upgraded:
            faults.occurred(.upgraded)
            process.requestStop()
        case .drainCutShort:
            for partition in process.consumer.owned {
                server.lockByForeigner(partition, milliseconds: script[.drainLimit] * 2)
                burst(partition, count: 2)
            }
            time.after(script[.checkpoint] + 500) { process.requestStop() }
        case .scaledDown: scaleDown()
        default: break
        }
    }

    /// Another process under the same instance id; the one before is still there and does not know.
    private func startTwin(of process: any SimulatedProcess) {
        guard let place = slots.firstIndex(where: { $0.process === process }) else { return }
        faults.occurred(.twinStarted)
        start(place)
    }

    private func scaleDown() {
        guard slots.filter(\.isWanted).count > 1, let place = slots.lastIndex(where: { $0.isWanted }),
            let process = slots[place].process
        else { return }
        faults.occurred(.scaledDown)
        slots[place].isWanted = false
        process.requestStop()
    }

    private func applyToGroup(_ fault: SimulationScript.Fault) {
        switch fault.kind {
        case .heartbeatsLost:
            guard let process = process(fault), !process.isStopped else { return }
            coordinator.silenced(process.consumer, counting: .heartbeatsLost)
            time.after(fault.amount) { [self] in
                guard !process.isDead, !process.hasExited, !process.isStopped else { return }
                if !coordinator.heardAgain(process.consumer) { process.consumer.unknown() }
            }
        case .rebalanced:
            faults.occurred(.rebalanced)
            coordinator.rebalance()
        default: begin(fault, oneIn: 2)
        }
    }

    private func applyToClients(_ fault: SimulationScript.Fault) {
        switch fault.kind {
        case .brokerUnreachable: loseBrokers(milliseconds: fault.amount)
        case .connectionReset:
            guard let process = process(fault) else { return }
            faults.occurred(.connectionReset)
            process.consumer.connectionReset()
        case .partitionFailed:
            guard let process = process(fault), process.consumer.fail(partition(fault)) else { return }
            sourceErrors.insert(partition(fault))
            faults.occurred(.partitionFailed)
        case .staleRecords: begin(fault, oneIn: Int(fault.salt % 3) + 1)
        case .shortReads, .seekFailed: begin(fault, oneIn: Int(fault.salt % 4) + 1)
        default: begin(fault, oneIn: 2)
        }
    }

    private func loseBrokers(milliseconds: Int64) {
        faults.occurred(.brokerUnreachable)
        for process in processes where !process.isDead && !process.hasExited {
            process.consumer.becameUnreachable()
            coordinator.silenced(process.consumer)
        }
        time.after(milliseconds) { [self] in
            for process in processes where !process.isDead && !process.hasExited {
                process.consumer.becameReachable()
                if process.isStopped { continue }
                if !coordinator.heardAgain(process.consumer) { process.consumer.unknown() }
            }
        }
    }

    private func applyToProducers(_ fault: SimulationScript.Fault) {
        let partition = partition(fault)
        switch fault.kind {
        case .transactionAborted: producers[partition].toAbort += Int(fault.amount)
        case .transactionHangs: producers[partition].hangsFor = fault.amount
        case .clockJumped: producers[partition].producer.jump(milliseconds: fault.amount)
        case .partitionIdle: producers[partition].idleUntil = time.now + fault.amount
        case .partitionHot:
            faults.occurred(.partitionHot)
            for _ in 0..<4 { burst(partition, count: Int(fault.amount)) }
        default:
            producers[partition].producer.order(fault.kind, count: Int(fault.amount))
            burst(partition, count: Int(fault.amount) / 3)
        }
    }

    private func applyToDatabase(_ fault: SimulationScript.Fault) {
        switch fault.kind {
        case .rowLocked: server.lockByForeigner(partition(fault), milliseconds: fault.amount)
        case .failover:
            let lost = server.failOver(
                losingMilliseconds: fault.amount, downMilliseconds: Int64(fault.salt % 4_000) + 200)
            if lost > 0 { faults.occurred(.failover) }
        case .serverDown:
            faults.occurred(.serverDown)
            server.goDown(milliseconds: fault.amount)
        case .writeRejected:
            faults.begin(fault.kind, milliseconds: min(fault.amount, 5_000), oneIn: 2, salt: fault.salt)
        case .connectionsExhausted: begin(fault, oneIn: 2)
        default: begin(fault, oneIn: Int(fault.salt % 6) + 1)
        }
    }

    private func applyToProgress(_ fault: SimulationScript.Fault) {
        let partition = partition(fault)
        guard let next = server.tables[partition].progress?.progress.nextOffset else { return }
        if fault.kind == .operatorRewound { return move(partition, .rewind, counting: fault.kind) }
        let target = min(next.rawValue + fault.amount, log.partitions[partition].stableEnd)
        move(
            partition, target > next.rawValue ? .acceptGap(to: Offset(target)) : .forgetIDs, counting: fault.kind)
    }
}
