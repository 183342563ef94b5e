import Objectives
import Runtime

/// What `check --hook-test` sends.
extension HookSender {
    /// Sends one alert named `SluiceHookTest`, of severity `none`, that has ended already, in one attempt.
    /// - Returns: nil where the receiver took it, otherwise why not.
    public func sendTest(service: String, timeoutMilliseconds: Int64) -> String? {
        let now = StructuredLogHandler.unixMilliseconds()
        let alert = Alert(
            labels: ["alertname": "SluiceHookTest", "service": service, "severity": "none"],
            annotations: ["summary": "A test of the way from \(service) to this receiver. Nothing is wrong."],
            startsAt: now, endsAt: now)
        let message = HookMessage(
            id: HookWorker.makeID(), body: HookBody(service: service, alerts: [alert], limits: HookLimits()).encoded(),
            isFiring: false, alertCount: 1)
        switch send(message, unix: now, timeoutMilliseconds: timeoutMilliseconds) {
        case .delivered: return nil
        case .refused(let reason), .failed(let reason, _): return reason
        }
    }
}
