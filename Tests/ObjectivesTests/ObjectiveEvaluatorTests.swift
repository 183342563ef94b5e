import Objectives
import Testing

struct ObjectiveEvaluatorTests {
    /// An evaluator and its clock.
    private struct Script {
        var evaluator: ObjectiveEvaluator
        var second: Int64 = 1_000
        var changes: [Int64] = []

        init(_ text: String = ObjectiveFileTests.valid) throws {
            evaluator = ObjectiveEvaluator(try ObjectiveFile.parse(text.utf8), instance: "host:1")
        }

        var now: Int64 { 1_700_000_000_000 + second * 1_000 }

        mutating func run(
            _ seconds: Int, age: Double? = 1, stopped: Double? = 0, readiness: String? = nil, cause: String? = nil
        ) {
            for _ in 0..<seconds {
                second += 1
                let (_, hasChanged) = evaluator.sampled(
                    ["freshness": Indication(age), "stopped": Indication(stopped, cause: cause)], readiness: readiness,
                    atMonotonicSeconds: second, unixMilliseconds: now)
                if hasChanged { changes.append(second) }
            }
        }

        var states: [ObjectiveStatus.State] { evaluator.statuses.map(\.state) }
    }

    @Test("26 bad seconds page, 25 do not; the page ends when five minutes have passed, and is told with its cause")
    func burn() throws {
        var script = try Script()
        script.run(7_200)
        script.run(25, age: 15.1, readiness: "postgres: away")
        #expect(script.states == [.ok, .ok])
        #expect(script.evaluator.takeAlerts() == [])
        script.run(1, age: 15.1, readiness: "postgres: away")
        #expect(script.states == [.page, .ok])
        let began = script.now
        let alerts = script.evaluator.takeAlerts()
        #expect(
            alerts == [
                Alert(
                    labels: [
                        "alertname": "SluiceOld", "severity": "page", "service": "spend-aggregator",
                        "objective": "freshness", "instance": "host:1",
                    ],
                    annotations: [
                        "summary": "It is late", "cause": "postgres: away", "value": "15.1 seconds",
                        "runbook_url": "runbook.md#results-old",
                    ], startsAt: began)
            ])
        script.run(240)
        #expect(script.evaluator.takeAlerts().first?.endsAt == nil)
        // The cause is what was said while it was bad.
        #expect(script.evaluator.statuses[0].cause == "postgres: away")
        script.run(61)
        #expect(script.states == [.ok, .ok])
        let over = script.evaluator.takeAlerts()
        #expect(over.count == 1)
        #expect(over.first?.startsAt == began)
        #expect(over.first?.endsAt != nil)
        #expect(script.evaluator.takeAlerts() == [])
        #expect(script.changes.count == 2)
        #expect(script.evaluator.statuses[0].since == nil)
    }

    @Test("exactly at the threshold is good, and nothing to measure does not count")
    func counting() throws {
        var script = try Script()
        script.run(100, age: 15)
        script.run(100, age: nil, stopped: nil)
        #expect(script.states == [.ok, .ok])
        #expect(script.evaluator.statuses[0].burn[300] == 0)
        #expect(script.evaluator.statuses[0].value == nil)
    }

    @Test("a first start with bad seconds pages after as many as any other hour")
    func freshStart() throws {
        var script = try Script()
        script.run(20, age: 40)
        #expect(script.states == [.ok, .ok])
        script.run(300)
        #expect(script.states == [.ok, .ok])
    }

    @Test("at once: the first bad second, with its own cause and severity, until the first that is not")
    func atOnce() throws {
        var script = try Script()
        script.run(1, stopped: 2, readiness: "other", cause: "ad-events/3: records_gone")
        #expect(script.states == [.ok, .ticket])
        let alert = script.evaluator.takeAlerts().first
        #expect(alert?.labels["severity"] == "ticket")
        #expect(alert?.annotations["cause"] == "ad-events/3: records_gone")
        #expect(alert?.annotations["value"] == "2 partitions")
        #expect(script.evaluator.statuses[1].burn.isEmpty)
        script.run(1)
        #expect(script.states == [.ok, .ok])
        #expect(script.evaluator.takeAlerts().first?.endsAt == script.now)
    }

    @Test(
        "an alert is held back while the one that explains it pages, and told when that is over; one that fires stays")
    func inhibition() throws {
        var script = try Script(ObjectiveFileTests.valid.split(separator: #" "severity": "ticket","#).joined())
        script.run(7_200)
        script.run(60, age: 40, stopped: 1)
        #expect(script.states == [.page, .page])
        #expect(script.evaluator.takeAlerts().map { $0.labels["alertname"] } == ["SluiceStopped"])
        script.run(1, age: 40)
        #expect(script.evaluator.takeAlerts().map { $0.labels["alertname"] } == ["SluiceOld", "SluiceStopped"])
        script.run(1, age: 40, stopped: 1)
        // No false end: it fired before the other one began.
        let alerts = script.evaluator.takeAlerts()
        #expect(alerts.filter { $0.endsAt == nil }.map { $0.labels["alertname"] } == ["SluiceOld", "SluiceStopped"])
        #expect(alerts.allSatisfy { $0.endsAt == nil })
    }

    @Test("where a page becomes a ticket the page ends and the ticket begins")
    func severities() throws {
        var script = try Script()
        script.run(7_200)
        script.run(200, age: 40)
        #expect(script.states[0] == .page)
        _ = script.evaluator.takeAlerts()
        script.run(2_400)
        #expect(script.states[0] == .ticket)
        let alerts = script.evaluator.takeAlerts()
        #expect(alerts.map { $0.labels["severity"] } == ["ticket", "page"])
        #expect(alerts.map { $0.endsAt == nil } == [true, false])
    }

    @Test("a late sample stands for the seconds since the last one; a process that slept knows nothing of them")
    func sleeping() throws {
        var script = try Script()
        func counted(after step: Int64) -> Int64 {
            script.second += step
            return script.evaluator.sampled(
                ["freshness": Indication(40)], readiness: nil, atMonotonicSeconds: script.second,
                unixMilliseconds: script.now
            ).counted[0].seconds.bad
        }
        #expect(counted(after: 1) == 1)
        #expect(counted(after: 3) == 3)
        #expect(counted(after: 600) == 1)
        #expect(counted(after: 0) == 0)
        #expect(counted(after: -5) == 0)
    }

    @Test("the states are those of a second, plainer implementation, over random days", arguments: 0..<3)
    func againstAPlainOne(seed: Int) throws {
        var random = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        var script = try Script()
        // Only every tenth second is judged: the plain one counts all seconds anew each time.
        var bad: [Int64: Bool] = [:]
        let first = script.second + 1
        for _ in 0..<30 {
            let isBad = Int.random(in: 0..<3, using: &random) == 0
            let length = isBad ? Int.random(in: 1...90, using: &random) : Int.random(in: 1...2_000, using: &random)
            for _ in 0..<length {
                script.run(1, age: isBad ? 40 : 1)
                bad[script.second] = isBad
            }
            let now = script.second
            func ratio(_ window: Int64) -> Double {
                let start = max(first, (now / 10 - window / 10 + 1) * 10)
                let count = (start...max(start, now)).count { bad[$0] == true }
                return Double(count) / Double(window)
            }
            func fires(_ severity: BurnRule.Severity) -> Bool {
                BurnRule.all.contains {
                    $0.severity == severity && ratio($0.longSeconds) > $0.rate * 0.0005
                        && ratio($0.shortSeconds) > $0.rate * 0.0005
                }
            }
            let wanted: ObjectiveStatus.State = fires(.page) ? .page : fires(.ticket) ? .ticket : .ok
            #expect(script.states[0] == wanted, "at \(now - first)")
        }
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}
