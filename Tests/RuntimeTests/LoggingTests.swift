import Foundation
import Glibc
import Logging
import Runtime
import Synchronization
import Testing

@Suite("Structured logs")
struct LoggingTests {
    private let lines = CollectedLines()

    private func logger(_ format: LogFormat = .json, at milliseconds: Int64 = 1_706_702_399_007) -> Logger {
        let handler = StructuredLogHandler(service: "spend", format: format, sink: lines, now: { milliseconds })
        return Logger(label: "t") { _ in handler }
    }

    private struct Failure: Error, CustomStringConvertible {
        var description: String { "broken pipe" }
    }

    @Test("fixed fields first, then metadata by key, nested values included")
    func fields() {
        var logger = logger()
        logger[metadataKey: "topic"] = "ad-events"
        logger.warning(
            "partition stopped", error: Failure(),
            metadata: ["partition": "3", "b": ["y": "2", "x": ["1", "z"]], "a": "\"q\"", "ts": "mine"])
        let line =
            #"{"ts":"2024-01-31T11:59:59.007Z","level":"warning","service":"spend","event":"partition stopped","#
            + #""a":"\"q\"","b":{"x":["1","z"],"y":"2"},"error":"broken pipe","partition":"3","#
            + #""topic":"ad-events","metadata.ts":"mine"}"#
        #expect(lines.all == [line + "\n"])
    }

    @Test("text for terminals")
    func text() {
        logger(.text).error("stopped\nnow", metadata: ["reason": "a b", "n": "5", "empty": ""])
        logger(.text).info("started")
        #expect(
            lines.all == [
                #"2024-01-31T11:59:59.007Z ERROR    spend: "stopped\nnow" empty="" n=5 reason="a b""# + "\n",
                "2024-01-31T11:59:59.007Z INFO     spend: started\n",
            ])
    }

    @Test("whatever the data, an event is one line of JSON", arguments: LogFormat.allCases)
    func oneLine(format: LogFormat) throws {
        let nasty = "a\nb\r\u{85}\u{2028}\u{2029}\0\u{1B}[31m\u{7F}\u{202E}\"\\ \u{1F600} e\u{301}"
        logger(format).info(
            "\(nasty)", metadata: ["\(nasty)": "\(nasty)", "list": ["\(nasty)"], "map": ["\(nasty)": "x"]])
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1 && line.hasSuffix("\n"))
        let inside = line.unicodeScalars.dropLast()
        #expect(
            !inside.contains {
                $0.value < 32 || (0x7F...0x9F).contains($0.value) || (0x2028...0x202E).contains($0.value)
            })
        guard format == .json else { return }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["event"] as? String == nasty)
        #expect(object[nasty] as? String == nasty)
        #expect((object["list"] as? [String]) == [nasty])
    }

    @Test("values that are too long are cut at a whole character, with a mark")
    func limits() throws {
        let long = String(repeating: "é", count: 10_000)
        var many: Logger.Metadata = [:]
        for index in 0..<200 { many["k\(index)"] = "v" }
        logger().info("x\(long)", metadata: many)
        let line = try #require(lines.all.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let event = try #require(object["event"] as? String)
        #expect(event.hasPrefix("xé") && event.hasSuffix("é…[15906 bytes cut]"))
        #expect(event.utf8.count < 4_200)
        #expect(object["metadata.dropped"] as? Int == 136)
        #expect(object.count == 4 + 64 + 1)
    }

    @Test("times over centuries agree with the calendar")
    func timestamps() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var milliseconds: Int64 = -2_208_988_800_000
        while milliseconds < 7_258_118_400_000 {
            let lines = CollectedLines()
            let now = milliseconds
            let handler = StructuredLogHandler(service: "t", format: .text, sink: lines, now: { now })
            Logger(label: "t") { _ in handler }.info("x")
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1_000))
            #expect(lines.all.first?.prefix(24) == expected[...])
            milliseconds += 86_400_000 * 97 + 12_345_678
        }
        // Four digits show no other year: a clock that is out of its mind does not end the process.
        for (time, text) in [(Int64.min, "0000-01-01T00:00:00.000Z"), (Int64.max, "9999-12-31T23:59:59.999Z")] {
            let lines = CollectedLines()
            let handler = StructuredLogHandler(service: "t", format: .text, sink: lines, now: { time })
            Logger(label: "t") { _ in handler }.info("x")
            #expect(lines.all.first?.hasPrefix(text) == true)
        }
    }

    @Test("lines of many threads through one pipe stay whole, also those longer than PIPE_BUF")
    func concurrency() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let handler = StructuredLogHandler(service: "t", sink: DescriptorLogSink(descriptor: ends[1]))
        let logger = Logger(label: "t") { _ in handler }
        let readEnd = ends[0]
        let received = Mutex<[UInt8]>([])
        let reading = try DedicatedThread(name: "reader") {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(readEnd, &buffer, buffer.count)
                guard count > 0 else { return }
                received.withLock { $0.append(contentsOf: buffer[..<count]) }
            }
        }
        let writers = try (0..<4).map { writer in
            try DedicatedThread(name: "writer-\(writer)") {
                for index in 0..<250 {
                    let filling = String(repeating: "x", count: index % 5 == 0 ? 4_000 : 10)
                    logger.info("line", metadata: ["a": "\(filling)", "b": "\(filling)", "id": "\(writer)-\(index)"])
                }
            }
        }
        for writer in writers { await writer.finished() }
        close(ends[1])
        await reading.finished()
        close(ends[0])
        var seen: Set<String> = []
        for line in received.withLock({ $0 }).split(separator: UInt8(ascii: "\n")) {
            let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            seen.insert(try #require(object?["id"] as? String))
        }
        #expect(seen.count == 1_000)
    }

    @Test("a reader that is gone or does not read loses lines and stops nobody")
    func lostReader() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        signal(SIGPIPE, SIG_IGN)
        close(ends[0])
        let sink = DescriptorLogSink(descriptor: ends[1])
        sink.write(Array("x\n".utf8))
        #expect(sink.droppedLines == 1)
        close(ends[1])
    }
}
