import Foundation
import Objectives
import Testing

@testable import Hooks

@Suite struct HookBodyTests {
    @Test func aMessageInFull() {
        let alerts = [
            Alert(
                labels: ["alertname": "Freshness", "service": "archiver", "severity": "page"],
                annotations: ["summary": "Late", "cause": "a \"quoted\" /path"], startsAt: 1_764_340_000_123),
            Alert(
                labels: ["alertname": "Availability", "service": "archiver", "severity": "page"],
                annotations: ["summary": "Late"], startsAt: 1_764_330_000_000, endsAt: 1_764_340_000_000),
        ]
        let text = String(
            decoding: HookBody(service: "archiver", alerts: alerts, limits: HookLimits()).encoded(), as: UTF8.self)
        #expect(
            text == """
                {"alerts":[{"annotations":{"cause":"a \\"quoted\\" /path","summary":"Late"},"endsAt":"0001-01-01T00:00:00Z",\
                "fingerprint":"\(alerts[0].fingerprint)","generatorURL":"","labels":{"alertname":"Freshness",\
                "service":"archiver","severity":"page"},"startsAt":"2025-11-28T14:26:40.123Z","status":"firing"},\
                {"annotations":{"summary":"Late"},"endsAt":"2025-11-28T14:26:40.000Z",\
                "fingerprint":"\(alerts[1].fingerprint)","generatorURL":"","labels":{"alertname":"Availability",\
                "service":"archiver","severity":"page"},"startsAt":"2025-11-28T11:40:00.000Z","status":"resolved"}],\
                "commonAnnotations":{"summary":"Late"},"commonLabels":{"service":"archiver","severity":"page"},\
                "externalURL":"","groupKey":"{}:{service=\\"archiver\\"}","groupLabels":{"service":"archiver"},\
                "receiver":"sluice","status":"firing","truncatedAlerts":0,"version":"4"}
                """)
    }

    /// What Alertmanager gives for these labels; and the start value for none.
    @Test(
        arguments: [
            ([:], "cbf29ce484222325"), (["b": "2", "a": "1"], "1cc37fac8a64ae01"),
        ] as [([String: String], String)])
    func fingerprints(labels: [String: String], fingerprint: String) {
        #expect(Alert(labels: labels, annotations: [:], startsAt: 0).fingerprint == fingerprint)
    }

    @Test func onlyLabelsMakeAnAlert() {
        let alert = Alert.sample("A")
        #expect(alert.fingerprint == Alert.sample("A", startsAt: 5, endsAt: 6).fingerprint)
        #expect(alert.fingerprint != Alert.sample("B").fingerprint)
        #expect(alert.fingerprint.count == 16)
        // Where a name ends and its value begins counts.
        let one = Alert(labels: ["ab": "c"], annotations: [:], startsAt: 0)
        #expect(one.fingerprint != Alert(labels: ["a": "bc"], annotations: [:], startsAt: 0).fingerprint)
    }

    @Test func longTextsAreCut() throws {
        let alert = Alert(
            labels: ["service": "s"], annotations: ["cause": String(repeating: "ü", count: 5_000)], startsAt: 0)
        let body = try ReceivedBody(HookBody(service: "s", alerts: [alert], limits: HookLimits()).encoded())
        #expect(body.alerts[0].annotations["cause"] == String(repeating: "ü", count: 999) + "…")
    }

    /// The example that the Standard Webhooks project's own libraries are tested with.
    @Test func signatures() throws {
        let secret = try #require(HookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        var shown = "\(secret) \(String(reflecting: secret))"
        dump(secret, to: &shown)
        #expect(!shown.contains("MfKQ") && !shown.contains("key"))
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_short", "whsec_%%%%",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", "whsec_" + Data(repeating: 1, count: 65).base64EncodedString(),
    ])
    func whatIsNoSecret(text: String) {
        #expect(HookSecret(text) == nil)
        #expect(HookSecret.all(in: text) == nil)
        #expect(HookSecret.all(in: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw \(text)x") == nil)
    }

    @Test func severalSecrets() {
        let one = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        #expect(HookSecret.all(in: "\n\(one)\r\n\(one)  \(one)\n")?.count == 3)
    }

    @Test(
        arguments: [
            ("0", 0), ("120", 120_000), ("99999999999999999999999", Int64.max), ("", nil), ("-1", nil), ("soon", nil),
            ("Wed, 21 Oct 2026 07:28:00 GMT", 60_000), ("Wed, 21 Oct 2026 07:26:00 GMT", 0),
            ("Wed, 21 Oct 2026 07:28:00 CET", nil), ("Wed, 21 Foo 2026 07:28:00 GMT", nil),
            ("Wed, 21 Oct 2026 27:28:00 GMT", nil), ("Wednesday, 21-Oct-26 07:28:00 GMT", nil),
        ] as [(String, Int64?)])
    func retryAfter(text: String, expected: Int64?) {
        #expect(RetryAfter.milliseconds(text, unix: 1_792_567_620_000) == expected)
    }
}
