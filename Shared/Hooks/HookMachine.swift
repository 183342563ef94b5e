import Objectives

/// What is to be said to one receiver and when: grouping, deduplication, repetition, retries. Time and randomness are passed
/// in; `now` is a monotonic clock in milliseconds.
///
/// A group is quiet, collects (`flushAt`), or has one message on its way (`pending`), which is tried until it is delivered,
/// refused or given up. Meanwhile its alerts go on changing, and what has changed is the next message: nothing queues up
/// behind a receiver that is away.
struct HookMachine {
    enum Step: Equatable {
        case send(HookMessage)
        /// Nil: until the next evaluation.
        case wait(until: Int64?)
        /// Only after ``stop()``.
        case finished
    }

    private(set) var groups: [String: HookGroup] = [:]
    /// Alerts that nobody heard of, since the machine exists.
    private(set) var droppedAlerts = 0
    private let timing: HookTiming
    private let limits: HookLimits
    private let makeID: @Sendable () -> String
    /// The group whose message is being tried at this moment.
    private var inFlight: String?
    /// The receiver asked not to be called before.
    private var notBefore: Int64 = 0
    private var isStopping = false

    init(timing: HookTiming, limits: HookLimits = HookLimits(), makeID: @escaping @Sendable () -> String) {
        self.timing = timing
        self.limits = limits
        self.makeID = makeID
    }

    /// Messages that wait for an attempt or are in one, and groups that have something to say.
    var waiting: Int { groups.values.count { $0.pending != nil || $0.hasNews } }

    /// - Parameter unix: Now, in Unix milliseconds.
    mutating func evaluated(_ alerts: [Alert], unix: Int64, now: Int64) {
        var byService = Dictionary(grouping: alerts, by: \.service)
        for service in groups.keys where byService[service] == nil { byService[service] = [] }
        for (service, alerts) in byService {
            guard groups[service] != nil || groups.count < limits.groups else {
                droppedAlerts += alerts.count
                continue
            }
            var group = groups[service] ?? HookGroup(service: service)
            droppedAlerts += group.evaluated(alerts, unix: unix, now: now, timing: timing, limits: limits)
            groups[service] = group.isOver(now: now, timing: timing) ? nil : group
        }
    }

    /// What to do now. After `.send` comes ``answered(_:now:jitter:)`` and nothing before it.
    mutating func next(now: Int64) -> Step {
        precondition(inFlight == nil, "an attempt is running")
        for (service, group) in groups where group.pending == nil && isDue(group, now) {
            groups[service]?.makeMessage(id: makeID(), now: now, limits: limits)
        }
        let waiting = groups.filter { $0.value.pending != nil }
        let first = waiting.min {
            ($0.value.pending!.nextAttemptAt, $0.key) < ($1.value.pending!.nextAttemptAt, $1.key)
        }
        if let (service, group) = first, let pending = group.pending,
            isStopping || max(pending.nextAttemptAt, notBefore) <= now
        {
            inFlight = service
            groups[service]?.pending?.attempts += 1
            groups[service]?.pending?.firstAttemptAt = pending.firstAttemptAt ?? now
            return .send(pending.message)
        }
        if isStopping { return .finished }
        let due = groups.values.flatMap { group in
            group.pending.map { [max($0.nextAttemptAt, notBefore)] }
                ?? [group.flushAt, group.repeatAt(timing)].compactMap { $0 }
        }
        return .wait(until: due.min())
    }

    private func isDue(_ group: HookGroup, _ now: Int64) -> Bool {
        if isStopping { return group.hasNews }
        return [group.flushAt, group.repeatAt(timing)].contains { $0.map { $0 <= now } ?? false }
    }

    /// - Parameter jitter: From 0 to 1, drawn anew each time: receivers that come back must not meet all senders at once.
    mutating func answered(_ outcome: HookOutcome, now: Int64, jitter: Double) -> HookEvent {
        guard let service = inFlight, let pending = groups[service]?.pending else {
            preconditionFailure("no attempt is running")
        }
        inFlight = nil
        let event: HookEvent
        switch outcome {
        case .delivered:
            groups[service]?.said(now: now, timing: timing)
            event = .delivered(pending.message, attempts: pending.attempts)
        case .refused(let reason):
            groups[service]?.said(now: now, timing: timing)
            event = .refused(pending.message, reason: reason)
        case .failed(let reason, let retryAfter):
            if let retryAfter { notBefore = now + min(max(0, retryAfter), limits.retryAfterMilliseconds) }
            if isStopping || now - (pending.firstAttemptAt ?? now) >= timing.giveUpMilliseconds {
                droppedAlerts += groups[service]?.gaveUp(now: now, timing: timing) ?? 0
                event = .gaveUp(pending.message, attempts: pending.attempts, reason: reason)
            } else {
                let delay = backoff(pending.attempts, jitter)
                groups[service]?.pending?.nextAttemptAt = now + delay
                event = .willRetry(
                    pending.message, attempts: pending.attempts, reason: reason,
                    inMilliseconds: max(delay, notBefore - now))
            }
        }
        // Each message has its one last attempt; what has changed while one was on its way is another message.
        if isStopping, outcome != .delivered || groups[service]?.hasNews != true { groups[service] = nil }
        return event
    }

    /// From now on everything that waits is tried once more, and then it is over.
    mutating func stop() { isStopping = true }

    /// Doubled with each attempt; the second half of it is random.
    private func backoff(_ attempts: Int, _ jitter: Double) -> Int64 {
        var full = timing.firstRetryMilliseconds
        for _ in 1..<max(1, attempts) where full < timing.longestRetryMilliseconds { full *= 2 }
        full = min(full, timing.longestRetryMilliseconds)
        return full / 2 + Int64(Double(full - full / 2) * min(max(jitter, 0), 1))
    }
}
