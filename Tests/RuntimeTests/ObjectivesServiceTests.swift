import Logging
import Objectives
import Synchronization
import Testing

@testable import Runtime

struct ObjectivesServiceTests {
    private static let file = """
        {"service": "archiver", "window_days": 30, "objectives": [
          {"name": "freshness", "title": "Event to \\"row\\"", "why": "because", "indicator": "sluice_age_seconds",
           "unit": "seconds", "at_most": 15, "target": 0.9995, "policy": "burn", "alert": "SluiceOld",
           "summary": "It is late", "runbook": "results-old"},
          {"name": "stopped", "title": "None stopped", "why": "because", "indicator": "sluice_stopped",
           "unit": "partitions", "at_most": 0, "target": 1, "policy": "at_once",
           "alert": "SluiceStopped", "summary": "One stopped", "runbook": "stopped"}
        ]}
        """

    private final class Sink: AlertSink {
        let calls = Mutex<[[Alert]]>([])
        func evaluated(_ alerts: [Alert]) { calls.withLock { $0.append(alerts) } }
    }

    /// A service whose indicators and clock are moved by hand.
    private final class Stage: Sendable {
        struct Now { var second: Int64 = 100; var age: Double? = 1; var stopped: Double? = 0 }
        let now = Mutex(Now())
        let context = ServiceContext(name: "archiver", version: "1", logger: Logger(label: "test"))
        let sink = Sink()

        func service() throws -> ObjectivesService {
            var indicators = Indicators()
            indicators.set("freshness", value: { self.now.withLock { $0.age } })
            indicators.set("stopped", value: { self.now.withLock { $0.stopped } })
            return try ObjectivesService(
                ObjectiveFile.parse(ObjectivesServiceTests.file.utf8), context, indicators: indicators,
                instance: "host:1", sink: sink, monotonicMilliseconds: { self.now.withLock { $0.second * 1_000 } },
                unixMilliseconds: { self.now.withLock { 1_700_000_000_000 + $0.second * 1_000 } })
        }

        func sample(_ service: ObjectivesService, times: Int = 1) {
            for _ in 0..<times {
                now.withLock { $0.second += 1 }
                service.sample()
            }
        }

        func lines(_ prefix: String) -> [String] {
            context.registry.exposition().split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
        }
    }

    @Test("the seconds, the value and what it is held to are metrics of the objective")
    func metrics() throws {
        let stage = Stage()
        let service = try stage.service()
        stage.sample(service, times: 3)
        stage.now.withLock { $0.age = 20 }
        stage.sample(service, times: 2)
        #expect(
            stage.lines("sluice_objective_seconds_total{objective=\"freshness\"}") == [
                "sluice_objective_seconds_total{objective=\"freshness\"} 5"
            ])
        #expect(
            stage.lines("sluice_objective_bad_seconds_total{objective=\"freshness\"}") == [
                "sluice_objective_bad_seconds_total{objective=\"freshness\"} 2"
            ])
        #expect(
            stage.lines("sluice_objective_bad_seconds_total{objective=\"stopped\"}") == [
                "sluice_objective_bad_seconds_total{objective=\"stopped\"} 0"
            ])
        #expect(
            stage.lines("sluice_objective_value{objective=\"freshness\"}") == [
                "sluice_objective_value{objective=\"freshness\"} 20.0"
            ])
        #expect(
            stage.lines("sluice_objective_threshold{objective=\"freshness\"}") == [
                "sluice_objective_threshold{objective=\"freshness\"} 15.0"
            ])
        #expect(
            stage.lines("sluice_objective_target_ratio{objective=\"freshness\"}") == [
                "sluice_objective_target_ratio{objective=\"freshness\"} 0.9995"
            ])
        #expect(stage.lines("sluice_objective_burn_rate{").count == BurnRule.windows.count)
        stage.now.withLock { $0.age = nil }
        stage.sample(service)
        #expect(stage.lines("sluice_objective_value{objective=\"freshness\"}") == [])
        #expect(
            stage.lines("sluice_objective_seconds_total{objective=\"freshness\"}") == [
                "sluice_objective_seconds_total{objective=\"freshness\"} 5"
            ])
    }

    @Test("each reason of readiness is a series, in one line and shortened, and goes with the reason")
    func reasons() throws {
        let stage = Stage()
        let service = try stage.service()
        stage.context.health.started()
        stage.sample(service)
        #expect(stage.lines("sluice_not_ready_reason{") == [])
        stage.context.health.notReady("postgres", "connection refused\nIs the \"server\" running?")
        stage.context.health.notReady("long", String(repeating: "x", count: 500))
        stage.sample(service)
        let shown = stage.lines("sluice_not_ready_reason{")
        #expect(shown.count == 2)
        #expect(
            shown.contains {
                $0.contains("component=\"postgres\"") && $0.contains("refused Is the") && $0.hasSuffix(" 1.0")
            })
        #expect(shown.allSatisfy { $0.count < 280 })
        stage.context.health.ready("postgres")
        stage.context.health.notReady("long", "another")
        stage.sample(service)
        #expect(
            stage.lines("sluice_not_ready_reason{") == [
                "sluice_not_ready_reason{component=\"long\",reason=\"another\"} 1.0"
            ])
    }

    @Test("the sink hears of a change at once and of the rest every five seconds")
    func sink() throws {
        let stage = Stage()
        let service = try stage.service()
        stage.sample(service)
        #expect(stage.sink.calls.withLock { $0.count } == 1)
        stage.sample(service, times: 4)
        #expect(stage.sink.calls.withLock { $0.count } == 1)
        stage.sample(service)
        #expect(stage.sink.calls.withLock { $0.count } == 2)
        stage.context.health.started()
        stage.context.health.notReady("ad-events/3", "records_gone")
        stage.now.withLock { $0.stopped = 1 }
        stage.sample(service)
        let alert = stage.sink.calls.withLock { $0.last?.first }
        #expect(alert?.labels["alertname"] == "SluiceStopped")
        #expect(alert?.annotations["cause"] == "ad-events/3: records_gone")
        #expect(
            stage.lines("sluice_objective_cause{") == [
                "sluice_objective_cause{cause=\"ad-events/3: records_gone\",objective=\"stopped\"} 1.0"
            ])
        stage.now.withLock { $0.stopped = 0 }
        stage.sample(service)
        #expect(stage.sink.calls.withLock { $0.last?.first?.endsAt } != nil)
        #expect(stage.lines("sluice_objective_cause{") == [])
    }

    @Test(
        "/objectives is an array in the file's order, is listed, needs the token, and is missing from a service without"
    )
    func route() throws {
        let stage = Stage()
        let service = try stage.service()
        stage.now.withLock { $0.stopped = nil }
        stage.sample(service, times: 2)
        var routes = AdminRoutes(
            name: "archiver", version: "1", health: stage.context.health, registry: stage.context.registry,
            configuration: { [] }, token: Secret("t"), objectives: { service.json })
        let head = "GET /objectives HTTP/1.1\r\nAuthorization: Bearer t"
        let request = try #require(AdminRequest(head: head.utf8))
        let answer = routes.response(to: request)
        #expect(answer.status == .ok)
        #expect(
            answer.body
                == #"[{"name":"freshness","title":"Event to \"row\"","unit":"seconds","value":1,"atMost":15,"target":0.9995,"#
                + #""window":"30d","policy":"burn","burn":{"5m":0,"30m":0,"1h":0,"2h":0,"6h":0,"1d":0,"3d":0},"state":"ok"},"#
                + #"{"name":"stopped","title":"None stopped","unit":"partitions","atMost":0,"target":1,"#
                + #""window":"30d","policy":"at_once","burn":{},"state":"ok"}]"# + "\n")
        let bare = try #require(AdminRequest(head: "GET /objectives HTTP/1.1".utf8))
        #expect(routes.response(to: bare).status == .unauthorized)
        let index = try #require(AdminRequest(head: "GET / HTTP/1.1\r\nAuthorization: Bearer t".utf8))
        #expect(routes.response(to: index).body.contains("/objectives "))
        stage.now.withLock { $0.stopped = 3 }
        stage.sample(service)
        #expect(service.json.contains(#""state":"page","since":1700000103000"#))
        routes.objectives = nil
        #expect(routes.response(to: request).status == .notFound)
    }

    @Test("objectives without an indicator, and indicators without an objective, are refused by name")
    func indicators() throws {
        let file = try ObjectiveFile.parse(Self.file.utf8)
        let context = ServiceContext(name: "archiver", version: "1", logger: Logger(label: "test"))
        var indicators = Indicators()
        indicators.set("freshness", value: { 1 })
        let missing = #expect(throws: ObjectiveError.self) {
            _ = try ObjectivesService(file, context, indicators: indicators, instance: "x")
        }
        #expect(missing?.message.contains("objective 'stopped'") == true)
        indicators.set("stopped", value: { 1 })
        indicators.set("more", value: { 1 })
        let odd = #expect(throws: ObjectiveError.self) {
            _ = try ObjectivesService(file, context, indicators: indicators, instance: "x")
        }
        #expect(odd?.message.contains("indicator 'more'") == true)
    }
}
