import Objectives

/// The alerts of one service as one receiver knows them.
struct HookGroup {
    /// A message on its way, and what is true of its alerts once it has arrived.
    struct Pending {
        var message: HookMessage
        var firing: Set<String>
        var resolved: Set<String>
        var attempts = 0
        var firstAttemptAt: Int64?
        var nextAttemptAt: Int64
    }

    let service: String
    /// By fingerprint: those that fire, and those that have ended and the receiver has yet to hear of.
    private(set) var alerts: [String: Alert] = [:]
    /// What the receiver was told to be firing.
    private(set) var told: Set<String> = []
    var pending: Pending?
    /// When something new may be said; nil while there is nothing.
    private(set) var flushAt: Int64?
    /// When the last message was done with, arrived or not.
    private var saidAt: Int64?
    /// When the last message arrived that was not about ends alone.
    private var repeatFrom: Int64?

    init(service: String) { self.service = service }

    /// - Parameters:
    ///   - current: All alerts that fire, and those that have ended.
    ///   - unix: Now, in Unix milliseconds: the end of an alert that is not spoken of any more.
    /// - Returns: how many alerts there was no room for.
    mutating func evaluated(_ current: [Alert], unix: Int64, now: Int64, timing: HookTiming, limits: HookLimits) -> Int
    {
        var dropped = 0
        var seen: Set<String> = []
        for alert in current {
            let fingerprint = alert.fingerprint
            seen.insert(fingerprint)
            if alerts[fingerprint] == nil {
                // The end of an alert that was never known.
                if alert.endsAt != nil { continue }
                guard alerts.count < limits.alertsOfGroup else {
                    dropped += 1
                    continue
                }
            }
            alerts[fingerprint] = alert
        }
        for (fingerprint, alert) in alerts where alert.endsAt == nil && !seen.contains(fingerprint) {
            alerts[fingerprint]?.endsAt = unix
        }
        settle(now: now, timing: timing)
        return dropped
    }

    /// Forgets what came and went without anybody having heard of it, and says when to speak next.
    mutating func settle(now: Int64, timing: HookTiming) {
        for (fingerprint, alert) in alerts
        where alert.endsAt != nil && !told.contains(fingerprint) && pending?.firing.contains(fingerprint) != true {
            alerts[fingerprint] = nil
        }
        // While a message is on its way, what is new waits for its end.
        guard pending == nil, hasNews else {
            flushAt = nil
            return
        }
        let free = saidAt.map { $0 + timing.groupIntervalMilliseconds } ?? now
        flushAt = flushAt ?? max(now + timing.groupWaitMilliseconds, free)
    }

    /// Whether the receiver's picture is wrong.
    var hasNews: Bool {
        alerts.contains { fingerprint, alert in (alert.endsAt == nil) != told.contains(fingerprint) }
    }

    /// When the message is to be said again although nothing has changed.
    func repeatAt(_ timing: HookTiming) -> Int64? {
        guard let repeatFrom, alerts.values.contains(where: { $0.endsAt == nil }) else { return nil }
        let free = saidAt.map { $0 + timing.groupIntervalMilliseconds } ?? 0
        return max(repeatFrom + timing.repeatIntervalMilliseconds, free)
    }

    /// Nothing is known, nothing is on its way, and a new alert may be spoken of at once.
    func isOver(now: Int64, timing: HookTiming) -> Bool {
        alerts.isEmpty && told.isEmpty && pending == nil
            && (saidAt.map { $0 + timing.groupIntervalMilliseconds <= now } ?? true)
    }

    mutating func makeMessage(id: String, now: Int64, limits: HookLimits) {
        let firing = alerts.filter { $0.value.endsAt == nil }
        let ended = alerts.filter { $0.value.endsAt != nil && told.contains($0.key) }
        let all = Array(firing.values) + Array(ended.values)
        let message = HookMessage(
            id: id, body: HookBody(service: service, alerts: all, limits: limits).encoded(), isFiring: !firing.isEmpty,
            alertCount: all.count)
        pending = Pending(message: message, firing: Set(firing.keys), resolved: Set(ended.keys), nextAttemptAt: now)
        flushAt = nil
    }

    /// The receiver has the message, or does not want it: either way it is not told this again.
    mutating func said(now: Int64, timing: HookTiming) {
        guard let pending else { return }
        told = pending.firing
        for fingerprint in pending.resolved where alerts[fingerprint]?.endsAt != nil { alerts[fingerprint] = nil }
        repeatFrom = pending.firing.isEmpty ? nil : now
        end(now: now, timing: timing)
    }

    /// The message never arrived. What still fires is news as before; what has ended is past.
    /// - Returns: how many ends nobody will hear of.
    mutating func gaveUp(now: Int64, timing: HookTiming) -> Int {
        guard let pending else { return 0 }
        var dropped = 0
        for fingerprint in pending.resolved where alerts[fingerprint]?.endsAt != nil {
            alerts[fingerprint] = nil
            dropped += 1
        }
        told.subtract(pending.resolved)
        end(now: now, timing: timing)
        return dropped
    }

    private mutating func end(now: Int64, timing: HookTiming) {
        pending = nil
        saidAt = now
        settle(now: now, timing: timing)
    }
}
