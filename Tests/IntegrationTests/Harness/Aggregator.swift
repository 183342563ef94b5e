import Foundation
import FoundationNetworking
import Glibc
import LocalServers
import Testing

/// One process of the service.
struct Aggregator: Sendable {
    let instance: String
    let process: ChildProcess

    /// What progress rows call it, but for the number at the end.
    var owner: String { "\(instance)/\(process.pid)/" }

    // MARK: Signals

    /// SIGKILL; returns once it is gone.
    func kill() async throws {
        process.signal(SIGKILL)
        _ = try await process.wait(timeout: .seconds(10))
    }

    /// SIGSTOP: it stays a member, keeps its connections and does nothing.
    func freeze() { process.signal(SIGSTOP) }

    /// SIGCONT.
    func thaw() { process.signal(SIGCONT) }

    /// SIGTERM; returns how it ended.
    @discardableResult
    func terminate(within limit: Duration = .seconds(30)) async throws -> ChildProcess.ExitStatus {
        process.signal(SIGTERM)
        return try await process.wait(timeout: limit)
    }

    /// Ends by itself, with this code.
    func ends(within limit: Duration = .seconds(60)) async throws -> ChildProcess.ExitStatus {
        try await process.wait(timeout: limit)
    }

    // MARK: Memory

    /// A figure of /proc/PID/status in kB, such as VmRSS (now) or VmHWM (the most so far).
    func memory(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) })
    }

    // MARK: Log

    /// Every line of this event so far.
    func logged(_ event: String) -> [LogLine] {
        process.lines.compactMap(LogLine.init).filter { $0.event == event }
    }

    /// Waits for a line of the event, printed already or to come.
    @discardableResult
    func waitFor(
        _ event: String, within limit: Duration = .seconds(60),
        where condition: @escaping @Sendable (LogLine) -> Bool = { _ in true }
    ) async throws -> LogLine {
        let text = try await process.waitForLine(timeout: limit) { line in
            // Most lines are not the one: they are not parsed.
            guard line.contains(event), let parsed = LogLine(line) else { return false }
            return parsed.event == event && condition(parsed)
        }
        return try #require(LogLine(text))
    }

    /// Dies by itself at this place of its life, and nowhere else.
    func dies(at point: CrashPoint, within limit: Duration = .seconds(60)) async throws {
        let status = try await process.wait(timeout: limit)
        let line = logged("crash point reached").first
        try #require(
            status == .signalled(SIGKILL) && line?["point"] == point.name && line?["arrival"] == "\(point.arrival)",
            "ended with \(status), and not at \(point): \(line?.fields ?? [:])")
    }

    /// The commits that it knows of.
    var commits: [LogLine] { logged("checkpoint committed") }

    /// A commit went through; needs the log level `debug`.
    func waitForFirstCommit(within limit: Duration = .seconds(60)) async throws {
        try await waitFor("checkpoint committed", within: limit)
    }

    // MARK: Admin endpoint

    struct Answer: Sendable {
        var status: Int
        var body: String
    }

    /// GET of a path of the admin endpoint, whose port stands in the log.
    func get(_ path: String) async throws -> Answer {
        let port = try #require(try await waitFor("admin endpoint listens")["port"])
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        var request = URLRequest(url: url)
        request.timeoutInterval = 10
        request.setValue("close", forHTTPHeaderField: "Connection")
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = try #require(response as? HTTPURLResponse).statusCode
        return Answer(status: status, body: String(decoding: data, as: UTF8.self))
    }

    /// The sum of a metric over its labels; nil where it is not shown.
    func metric(_ name: String) async throws -> Double? {
        var sum: Double?
        for line in try await get("/metrics").body.split(separator: "\n") where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.first == " " || rest.first == "{", let value = rest.split(separator: " ").last else { continue }
            sum = (sum ?? 0) + (Double(value) ?? 0)
        }
        return sum
    }
}
