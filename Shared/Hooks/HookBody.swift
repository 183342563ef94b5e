import FoundationEssentials
import Objectives

/// The JSON of a message: version 4 of Alertmanager's webhook, so that whatever takes those takes ours.
struct HookBody: Encodable {
    struct Item: Encodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL = ""
        var fingerprint: String
    }

    var version = "4"
    var groupKey: String
    var truncatedAlerts: Int
    var status: String
    var receiver = "sluice"
    var groupLabels: [String: String]
    var commonLabels: [String: String]
    var commonAnnotations: [String: String]
    var externalURL = ""
    var alerts: [Item]

    /// - Parameter alerts: At least one; those that fire go first, the oldest first, and are the last to be cut.
    init(service: String, alerts: [Alert], limits: HookLimits) {
        let sorted = alerts.sorted {
            ($0.endsAt == nil ? 0 : 1, $0.startsAt, $0.fingerprint) < (
                $1.endsAt == nil ? 0 : 1, $1.startsAt, $1.fingerprint
            )
        }
        let shown = sorted.prefix(limits.alertsOfMessage)
        self.alerts = shown.map { Item($0, limits) }
        truncatedAlerts = sorted.count - shown.count
        status = alerts.contains { $0.endsAt == nil } ? "firing" : "resolved"
        groupLabels = ["service": service]
        let quoted = service.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        groupKey = "{}:{service=\"\(quoted)\"}"
        commonLabels = Self.common(self.alerts.map(\.labels))
        commonAnnotations = Self.common(self.alerts.map(\.annotations))
    }

    /// Sorted keys: equal messages are equal bytes.
    func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("texts and numbers cannot be encoded") }
        return Array(data)
    }

    private static func common(_ all: [[String: String]]) -> [String: String] {
        guard let first = all.first else { return [:] }
        return first.filter { name, value in all.allSatisfy { $0[name] == value } }
    }
}

extension HookBody.Item {
    init(_ alert: Alert, _ limits: HookLimits) {
        func cut(_ values: [String: String]) -> [String: String] {
            values.mapValues { $0.count > limits.valueCharacters ? $0.prefix(limits.valueCharacters - 1) + "…" : $0 }
        }
        status = alert.endsAt == nil ? "firing" : "resolved"
        labels = cut(alert.labels)
        annotations = cut(alert.annotations)
        startsAt = Self.text(alert.startsAt)
        // Alertmanager's way to say: not over yet.
        endsAt = alert.endsAt.map(Self.text) ?? "0001-01-01T00:00:00Z"
        fingerprint = alert.fingerprint
    }

    /// Seconds and milliseconds apart: together they are no exact number, and a millisecond would get lost.
    private static func text(_ unixMilliseconds: Int64) -> String {
        let (seconds, rest) = (unixMilliseconds / 1_000, unixMilliseconds % 1_000)
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(Date.ISO8601FormatStyle())
        return text.dropLast() + "." + String(1_000 + rest).dropFirst() + "Z"
    }
}
