import CoreMetrics
import Foundation
import Runtime
import Testing

@Suite("OpenMetrics")
struct MetricsTests {
    private let registry = OpenMetricsRegistry()

    @Test("the strict parser refuses what the format forbids")
    func parserIsStrict() {
        let bad = [
            "", "a 1\n# EOF\n", "# TYPE a counter\na 1\n# EOF\n", "# TYPE a counter\na_total -1\n# EOF\n",
            "# TYPE a gauge\na 1\n\n# EOF\n", "# TYPE a gauge\na{b=\"x\ny\"} 1\n# EOF\n",
            "# TYPE a gauge\na 1\na 1\n# EOF\n",
            "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n",
            "# TYPE a gauge\na{1b=\"x\"} 1\n# EOF\n",
            "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n", "# TYPE a gauge\na 1\n# EOF\nb 1\n# EOF\n",
            "# TYPE a histogram\na_bucket{le=\"1.0\"} 2\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum 1\n# EOF\n",
            "# TYPE a histogram\na_bucket{le=\"1.0\"} 1\na_count 1\na_sum 1\n# EOF\n",
            "# TYPE a counter\na_total 1\n# TYPE a_total gauge\na_total 2\n# EOF\n", "# TYPE a gauge\na 0x10\n# EOF\n",
            "# TYPE a gauge\na{b=\"\\x\"} 1\n# EOF\n", "# TYPE a gauge\na 1\n# HELP a late\n# EOF\n",
        ]
        for text in bad { #expect(throws: OpenMetricsParser.Fault.self, "\(text)") { _ = try OpenMetricsParser(text) } }
    }

    @Test("all kinds of metrics in one text that the strict parser takes")
    func exposition() throws {
        registry.counter("kafka_records_total", labels: [("topic", "a"), ("partition", "3")], help: "Records.")
            .increment(by: 5)
        registry.counter("kafka_records", labels: [("partition", "3"), ("topic", "a")]).increment()
        registry.floatingCounter("commit_seconds", help: "Time in commits.").increment(by: 0.25)
        registry.gauge("lag_seconds", help: "a \"b\" \\ c\nd").set(-1.5)
        registry.gauge("nan").set(Double.nan)
        registry.callbackGauge("answer") { 42 }
        registry.callbackGauge("absent") { nil }
        let histogram = registry.histogram("freshness_seconds", labels: [("p", "0")], buckets: [1, 0.5, 1, 10])
        for value in [0.5, 0.6, 7, 100] { histogram.observe(value) }
        histogram.observe(2, times: 10)
        let text = registry.exposition()
        let parsed = try OpenMetricsParser(text)
        #expect(parsed.value("kafka_records_total", ["topic": "a", "partition": "3"]) == 6)
        #expect(parsed.value("commit_seconds_total") == 0.25)
        #expect(parsed.families["lag_seconds"]?.help == "a \"b\" \\ c\nd")
        #expect(parsed.families["lag_seconds"]?.unit == "seconds")
        #expect(parsed.value("nan")?.isNaN == true && parsed.value("answer") == 42 && parsed.value("absent") == nil)
        let counts = ["0.5", "1.0", "10.0", "+Inf"].map {
            parsed.value("freshness_seconds_bucket", ["p": "0", "le": $0])
        }
        #expect(counts == [1, 2, 13, 14])
        #expect(parsed.value("freshness_seconds_sum", ["p": "0"]) == 128.1)
        #expect(text.contains("freshness_seconds_bucket{p=\"0\",le=\"1.0\"} 2\n"))
    }

    @Test("names and labels that the format forbids are made fit, values are escaped and cut")
    func names() throws {
        registry.gauge("9 lives.left", labels: [("__le", "a\"b\\c\nd"), ("a-b", "x"), ("a b", "y"), ("", "z")]).set(1.0)
        registry.histogram("h", labels: [("le", "mine")]).observe(1)
        registry.gauge("long", labels: [("v", String(repeating: "é", count: 1_000))]).set(1.0)
        let parsed = try OpenMetricsParser(registry.exposition())
        let labels = try #require(parsed.families["_9_lives_left"]?.samples.first?.labels)
        #expect(labels == ["_le": "a\"b\\c\nd", "a_b": "x", "a_b_": "y", "_": "z"])
        #expect(parsed.value("h_count", ["le_": "mine"]) == 1)
        #expect(parsed.families["long"]?.samples.first?.labels["v"]?.utf8.count ?? 0 <= 256)
    }

    @Test("a name of nothing but totals is made fit, a label may begin with what combines with a quotation mark")
    func oddNames() throws {
        for name in ["_total", ".total", "a_total_total", ""] { registry.counter(name).increment() }
        registry.gauge("g", labels: [("l", "\u{301}x")], help: "\u{301}h").set(1.0)
        let parsed = try OpenMetricsParser(registry.exposition())
        #expect(parsed.value("a_total") == 1 && parsed.value("__total") == 3)
        #expect(parsed.value("g", ["l": "\u{301}x"]) == 1)
    }

    @Test("limits and clashes: the metric works for its caller, is not exposed, and is counted")
    func refusals() throws {
        let registry = OpenMetricsRegistry(maximumSeries: 12, maximumSeriesPerFamily: 5)
        for index in 0..<8 { registry.counter("a", labels: [("i", "\(index)")]).increment() }
        registry.gauge("a").set(1.0)
        registry.gauge("a_total").set(1.0)
        registry.histogram("a_created").observe(1)
        _ = registry.floatingCounter("a", labels: [("i", "0")])
        for index in 0..<7 { registry.gauge("b\(index)").set(1.0) }
        registry.callbackGauge("c") { 1 }
        let parsed = try OpenMetricsParser(registry.exposition())
        #expect(parsed.families["a"]?.samples.count == 5)
        #expect(parsed.families.values.map(\.samples.count).reduce(0, +) == 12)
        #expect(parsed.value("sluice_metrics_refused_total", ["reason": "series_limit"]) == 6)
        #expect(parsed.value("sluice_metrics_refused_total", ["reason": "name_in_use"]) == 4)
        let unseen = registry.counter("z")
        unseen.increment(by: 3)
        #expect(unseen.value == 3)
    }

    @Test("a removed series is gone and makes room; the same name later starts at 0")
    func removal() throws {
        registry.counter("r", labels: [("p", "1")]).increment(by: 9)
        registry.remove("r_total", labels: [("p", "1")])
        #expect(try OpenMetricsParser(registry.exposition()).value("r_total", ["p": "1"]) == nil)
        #expect(registry.counter("r", labels: [("p", "1")]).value == 0)
    }

    @Test("all series of a histogram share their bounds, and the later caller's values are seen")
    func sharedBounds() throws {
        registry.histogram("s", labels: [("p", "0")], buckets: [1, 2]).observe(1)
        registry.histogram("s", labels: [("p", "1")], buckets: [5]).observe(1.5)
        let parsed = try OpenMetricsParser(registry.exposition())
        #expect(parsed.value("s_bucket", ["p": "1", "le": "2.0"]) == 1)
        #expect(parsed.value("s_bucket", ["p": "1", "le": "5.0"]) == nil)
    }

    @Test("counters never fall")
    func counters() {
        let counter = registry.counter("c")
        counter.increment(by: -5)
        let seconds = registry.floatingCounter("d")
        for amount in [-1, Double.nan, .infinity] { seconds.increment(by: amount) }
        #expect(counter.value == 0 && seconds.value == 0)
    }

    @Test("libraries that know swift-metrics alone are exposed too")
    func swiftMetrics() throws {
        let counter = CoreMetrics.Counter(label: "lib.requests", dimensions: [("k", "v")], factory: registry)
        counter.increment(by: 3)
        CoreMetrics.FloatingPointCounter(label: "lib.cost", factory: registry).increment(by: 1.5)
        let meter = CoreMetrics.Meter(label: "lib.meter", factory: registry)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement(by: 0.5)
        CoreMetrics.Gauge(label: "lib.gauge", factory: registry).record(7)
        CoreMetrics.Recorder(label: "lib.sizes", factory: registry).record(20)
        CoreMetrics.Timer(label: "lib.time", factory: registry).recordMilliseconds(Int64(1_500))
        let parsed = try OpenMetricsParser(registry.exposition())
        #expect(parsed.value("lib_requests_total", ["k": "v"]) == 3)
        #expect(parsed.value("lib_cost_total") == 1.5)
        #expect(parsed.value("lib_meter") == 7 && parsed.value("lib_gauge") == 7)
        #expect(parsed.value("lib_sizes_bucket", ["le": "30.0"]) == 1)
        #expect(parsed.value("lib_time_seconds_sum") == 1.5)
        counter.destroy()
        #expect(try OpenMetricsParser(registry.exposition()).value("lib_requests_total", ["k": "v"]) == nil)
    }

    @Test("updates of many threads are all counted while scrapes run")
    func concurrency() async throws {
        let registry = registry
        let threads = try (0..<4).map { thread in
            try DedicatedThread(name: "updates-\(thread)") {
                for index in 0..<5_000 {
                    registry.counter("n", labels: [("i", "\(index % 7)")]).increment()
                    registry.floatingCounter("f").increment(by: 0.5)
                    registry.gauge("g").add(1)
                    registry.histogram("h", buckets: [10, 100]).observe(Double(index % 200))
                }
            }
        }
        for _ in 0..<20 { _ = try OpenMetricsParser(registry.exposition()) }
        for thread in threads { await thread.finished() }
        let parsed = try OpenMetricsParser(registry.exposition())
        #expect((0..<7).compactMap { parsed.value("n_total", ["i": "\($0)"]) }.reduce(0, +) == 20_000)
        #expect(parsed.value("f_total") == 10_000 && parsed.value("g") == 20_000 && parsed.value("h_count") == 20_000)
    }

    @Test("the process: memory, time, descriptors, start")
    func process() throws {
        ProcessMetrics.register(in: registry)
        let parsed = try OpenMetricsParser(registry.exposition())
        #expect(try #require(parsed.value("process_cpu_seconds_total")) > 0)
        #expect(try #require(parsed.value("process_resident_memory_bytes")) > 1_048_576)
        let open = try #require(parsed.value("process_open_fds"))
        let most = try #require(parsed.value("process_max_fds"))
        #expect(open >= 3 && open < most)
        #expect(try #require(parsed.value("process_threads")) >= 1)
        let age = Date().timeIntervalSince1970 - (try #require(parsed.value("process_start_time_seconds")))
        #expect(age > -2 && age < 3_600)
    }
}
