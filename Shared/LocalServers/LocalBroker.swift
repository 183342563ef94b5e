import Foundation
import Glibc
import Synchronization

/// A private Kafka broker for development and tests: the `noida-db` program, with its data in one folder.
///
/// It keeps every record in memory and writes its state to one file about twice a second: SIGTERM loses nothing,
/// SIGKILL may lose the last half second of what it acknowledged. It listens on 127.0.0.1 alone. Nothing may depend on
/// its quirks: everything must also run against a real Kafka.
///
/// Thread safety: every member may be used from any thread; starts and stops exclude one another.
public final class LocalBroker: Sendable {
    private struct State {
        var child: ChildProcess?
        var port: Int?
    }

    /// The folder of the broker: its data, log and record.
    public let directory: String
    private let lifetime: ChildProcess.Lifetime
    private let operation = NSLock()
    private let state: Mutex<State>

    /// Prepares a broker whose data lie in `directory`, which is made if it is missing.
    ///
    /// `port` nil lets the system choose; a broker keeps its port over stops and restarts. A broker that another
    /// process started in the same folder is found again. With `Lifetime.detached` it survives this process.
    public init(
        directory: String,
        port: Int? = nil,
        lifetime: ChildProcess.Lifetime = .endsWithParent(signal: SIGTERM)
    ) throws {
        self.directory = try ServerFolder.make(directory)
        self.lifetime = lifetime
        state = Mutex(State(child: nil, port: port ?? ServerRecord.knownPort(in: self.directory)))
    }

    // MARK: - Where it is

    /// The address as Kafka's clients want it, `host:port`; port 0 before the first start.
    public var brokers: String { "127.0.0.1:\(port ?? 0)" }

    /// The TCP port; nil before the first start.
    public var port: Int? { state.withLock { $0.port } }

    /// The file that the broker's own messages go to.
    public var logFile: String { "\(directory)/broker.log" }

    /// The running process; nil when none runs.
    public var process: ProcessIdentity? {
        guard let record = ServerRecord.read(in: directory), record.process.isAlive else { return nil }
        return record.process
    }

    /// Whether the broker's process runs.
    public var isRunning: Bool { process != nil }

    /// Whether a broker was started here and neither stopped nor is it still there.
    public var hasCrashed: Bool { ServerRecord.read(in: directory) != nil && !isRunning }

    // MARK: - Running it

    /// Starts the broker and waits until it answers Kafka's protocol. Does nothing when it runs already.
    ///
    /// Throws `programNotFound` where `make setup` has not been run, `portInUse`, `startFailed` with the end of the
    /// log, or `startTimedOut`. A large log takes seconds to load: `timeout` is generous by default.
    public func start(timeout: Duration = .seconds(60)) async throws {
        try await onOwnThread { [self] in try operation.withLock { try startNow(timeout: timeout) } }
    }

    /// Tells the broker to write its state and end (SIGTERM), and waits for that. Does nothing when none runs.
    public func stop(timeout: Duration = .seconds(60)) async throws {
        try await onOwnThread { [self] in try operation.withLock { try stopNow(timeout: timeout) } }
    }

    /// Kills the broker (SIGKILL): what it had not written yet is lost.
    public func kill() async throws {
        try await onOwnThread { [self] in
            try operation.withLock {
                process?.signal(SIGKILL)
                try awaitEnd(timeout: .seconds(10), after: "SIGKILL")
            }
        }
    }

    /// Stops the broker and starts it again at the same port with the same data.
    public func restart(timeout: Duration = .seconds(60)) async throws {
        try await onOwnThread { [self] in
            try operation.withLock {
                try stopNow(timeout: timeout)
                try startNow(timeout: timeout)
            }
        }
    }

    /// Ends the broker and removes its folder.
    public func destroy() async throws {
        try await onOwnThread { [self] in try destroyNow() }
    }

    /// The same, for callers that cannot wait asynchronously.
    func destroyNow() throws {
        try operation.withLock {
            process?.signal(SIGKILL)
            try awaitEnd(timeout: .seconds(10), after: "SIGKILL")
            try ServerFolder.remove(directory)
        }
    }

    // MARK: - Under the operation lock

    private func startNow(timeout: Duration) throws {
        if isRunning { return }
        let program = try Self.program()
        let logStart = ServerFolder.size(logFile)
        let wanted = port ?? 0
        let child = try ChildProcess(
            ChildProcess.Configuration(
                program,
                [
                    "start", "--only", "kafka", "--kafka-port", "\(wanted)",
                    "--data-dir", ServerFolder.make("\(directory)/data"),
                ],
                output: .file(logFile),
                lifetime: lifetime
            ))
        state.withLock { $0.child = child }
        guard let identity = child.identity else {
            throw startFailure(.startFailed, "the broker ended at once", logStart)
        }
        try ServerRecord(process: identity, port: wanted).write(in: directory)
        let isReady = try blockUntil(timeout: timeout) {
            guard child.isRunning else { throw startFailed(child, port: wanted, logStart) }
            guard let port = announcedPort(since: logStart) else { return false }
            return LoopbackPort.answersKafka(port, timeout: .seconds(1))
        }
        guard isReady, let port = announcedPort(since: logStart) else {
            child.kill()
            ServerRecord.remove(in: directory)
            throw startFailure(.startTimedOut, "the broker did not answer within \(timeout)", logStart)
        }
        state.withLock { $0.port = port }
        try ServerRecord(process: identity, port: port).write(in: directory)
    }

    private func stopNow(timeout: Duration) throws {
        process?.signal(SIGTERM)
        // One that was stopped by SIGSTOP would never see it.
        process?.signal(SIGCONT)
        try awaitEnd(timeout: timeout, after: "SIGTERM")
    }

    private func awaitEnd(timeout: Duration, after signal: String) throws {
        if let process, !process.waitUntilEnded(timeout: timeout) {
            throw LocalServersError(
                .stopTimedOut, "the broker (process \(process.pid)) did not end within \(timeout) after \(signal)",
                context: ServerFolder.tail(of: logFile))
        }
        ServerRecord.remove(in: directory)
        state.withLock { $0.child = nil }
    }

    /// The port that the broker says it listens on, in a line such as `kafka  127.0.0.1:37123`.
    private func announcedPort(since position: UInt64) -> Int? {
        for line in ServerFolder.text(of: logFile, from: position).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "kafka", words[1].hasPrefix("127.0.0.1:") {
                return Int(words[1].dropFirst("127.0.0.1:".count))
            }
        }
        return nil
    }

    private func startFailed(_ child: ChildProcess, port: Int, _ logStart: UInt64) -> LocalServersError {
        ServerRecord.remove(in: directory)
        if ServerFolder.text(of: logFile, from: logStart).contains("already in use") {
            return startFailure(.portInUse, "port \(port) of 127.0.0.1 is taken: the broker cannot start", logStart)
        }
        let status = child.exitStatus.map(String.init(describing:)) ?? "unknown"
        return startFailure(
            .startFailed, "the broker ended while starting (\(status)); its log is \(logFile)", logStart)
    }

    private func startFailure(
        _ code: LocalServersError.Code,
        _ message: String,
        _ logStart: UInt64
    ) -> LocalServersError {
        LocalServersError(code, message, context: ServerFolder.tail(of: logFile, from: logStart))
    }

    // MARK: - The program

    /// The broker's program: SLUICE_BROKER_BIN, or what `make setup` put below `.sluice/tools` of this folder, of one
    /// above it or above the running program, or `noida-db` in PATH.
    public static func program() throws -> String {
        if let named = ProcessInfo.processInfo.environment["SLUICE_BROKER_BIN"] {
            guard Executable.isProgram(named) else {
                throw LocalServersError(.programNotFound, "SLUICE_BROKER_BIN names \(named), which is no program")
            }
            return named
        }
        let starts = [FileManager.default.currentDirectoryPath, Bundle.main.bundlePath]
        for start in starts {
            var folder = URL(fileURLWithPath: start).standardizedFileURL
            while true {
                // The package's own script in bin/ is left aside: it needs Python's module path and adds a process
                // that would get the signals in the broker's place.
                let candidate = folder.appendingPathComponent(".sluice/tools/noida_db/noida-db").path
                if Executable.isProgram(candidate) { return candidate }
                if folder.path == "/" { break }
                folder.deleteLastPathComponent()
            }
        }
        if let inPath = Executable.find("noida-db") { return inPath }
        throw LocalServersError(
            .programNotFound,
            "the local broker is not installed: run `make setup`, or name a broker's program in SLUICE_BROKER_BIN")
    }
}
