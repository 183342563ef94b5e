import Foundation
import Synchronization
import Testing

/// What the tests measured: a fault, the alert that told of it, after how many seconds, and what it said.
struct IncidentRecord: Sendable {
    var fault: String
    var alert: String
    var seconds: Double
    var cause: String
    /// What `sluice doctor` named first while the alert fired, which the test requires to be the true cause.
    var doctor: String

    private static let all = Mutex<[IncidentRecord]>([])

    static func add(_ record: IncidentRecord) { all.withLock { $0.append(record) } }

    /// For whoever reads the tests' output.
    static func printTable() {
        print("| fault | alert | seconds | doctor's first answer | cause in the alert |\n|---|---|---:|---|---|")
        for each in all.withLock({ $0 }) {
            let seconds = String(format: "%.1f", each.seconds)
            print("| \(each.fault) | \(each.alert) | \(seconds) | `\(each.doctor)` | \(each.cause) |")
        }
    }
}

extension WatchedStack {
    /// Waits for the alert of a fault, checks what it says, and writes down how long it took.
    /// - Parameters:
    ///   - fault: in words, for the table.
    ///   - cause: what the alert's annotation has to contain; nil where the service cannot know it.
    ///   - doctor: what `sluice doctor` has to name first while the alert fires, and the processes that it is pointed to.
    @discardableResult
    func expectAlert(
        _ name: String, severity: String = "page", since: ContinuousClock.Instant, within limit: Duration,
        fault: String, cause: String?, doctor: (first: String, of: [Aggregator])
    ) async throws -> WebhookReceiver.Notice {
        let notice = try await alerting.notice(of: name, severity: severity, since: since, within: limit)
        let told = notice.annotations["cause"] ?? ""
        if let cause { #expect(told.contains(cause), "\(name) says: \(told)") }
        #expect(notice.labels["service"] != nil && notice.annotations["summary"]?.isEmpty == false, "\(notice)")
        #expect(notice.annotations["runbook_url"]?.contains("runbook.md#") == true, "\(notice)")
        #expect(notice.path == "/\(severity)s")
        IncidentRecord.add(
            IncidentRecord(
                fault: fault, alert: "\(name) (\(severity))", seconds: (notice.at - since).inSeconds, cause: told,
                doctor: doctor.first))
        try await scenario.expectFirst(doctor.first, doctor.of)
        return notice
    }

    /// Waits until the receiver was told that it is over.
    func expectResolved(
        _ name: String, severity: String = "page", since: ContinuousClock.Instant, within limit: Duration = .seconds(60)
    ) async throws {
        _ = try await alerting.notice(of: name, severity: severity, firing: false, since: since, within: limit)
    }

    /// Nothing but these was told to anybody, and nothing but these and `heldBack` fired within Prometheus.
    func expectNothingElse(than told: Set<String>, heldBack: Set<String> = []) async throws {
        let heard = Set(alerting.receiver.notices.map { "\($0.name) \($0.severity)" })
        #expect(heard.subtracting(told) == [])
        let fired = try await alerting.everFired()
        #expect(fired.subtracting(told).subtracting(heldBack) == [])
    }
}
