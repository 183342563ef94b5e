import Foundation
import Glibc
import Synchronization

/// A program that this process started.
///
/// It runs in a process group of its own, so Ctrl-C on the terminal does not reach it; it is collected as soon as it
/// ends, so it never stays a zombie; and, unless it is detached, the kernel ends it when this process ends, however
/// that happens.
///
/// Thread safety: every member may be used from any thread. A signal is never sent to a number that was given away.
public final class ChildProcess: Sendable {
    /// Where what the program prints goes.
    public enum Output: Sendable {
        /// Nowhere.
        case discard
        /// To the end of a file, standard output and standard error together.
        case file(String)
        /// Into memory, the newest 10,000 lines, for `lines` and `waitForLine`.
        case capture
    }

    /// What happens to the program when this process ends.
    public enum Lifetime: Sendable, Equatable {
        /// The program gets this signal when this process ends.
        case endsWithParent(signal: Int32)
        /// The program goes on, in a session of its own.
        case detached

        /// The program is killed when this process ends.
        public static let killedWithParent = Lifetime.endsWithParent(signal: SIGKILL)
    }

    /// How a program ended.
    public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
        /// It ended by itself with this code.
        case exited(Int32)
        /// A signal ended it.
        case signalled(Int32)

        /// Whether it ended by itself with code 0.
        public var isSuccess: Bool { self == .exited(0) }

        public var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .signalled(let signal): "signal \(signal)"
            }
        }
    }

    /// What to start, and how.
    public struct Configuration: Sendable {
        /// The program: a path, or a name that is looked for in PATH.
        public var program: String
        /// Its arguments, without its own name.
        public var arguments: [String]
        /// Variables that are set on top of this process's own; nil takes one away.
        public var environment: [String: String?]
        /// The folder that it starts in; nil for this process's own.
        public var workingDirectory: String?
        /// Where its output goes.
        public var output: Output
        /// What happens to it when this process ends.
        public var lifetime: Lifetime
        /// The user that it runs as, where this process is root; nil for this process's own.
        var user: String?

        /// Describes a program to start; by default its output is captured and it is killed with its parent.
        public init(
            _ program: String,
            _ arguments: [String] = [],
            environment: [String: String?] = [:],
            workingDirectory: String? = nil,
            output: Output = .capture,
            lifetime: Lifetime = .killedWithParent
        ) {
            self.program = program
            self.arguments = arguments
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.output = output
            self.lifetime = lifetime
        }
    }

    private struct State {
        var status: ExitStatus?
    }

    /// The number of the process. After it ended the number may belong to another: use `signal`.
    public let pid: Int32
    /// The process as it can be written down and recognised again; nil if it ended before that could be read.
    public let identity: ProcessIdentity?
    /// The program's name, for messages.
    public let name: String

    private let condition = NSCondition()
    private let state = Mutex(State())
    private let capture: OutputCapture?

    /// Starts a program.
    ///
    /// Throws `programNotFound` or `spawnFailed`. A program that cannot be loaded in a wrapper (another user, a death
    /// signal) ends with code 126 or 127 instead.
    public init(_ configuration: Configuration) throws {
        guard let program = Executable.find(configuration.program) else {
            throw LocalServersError(.programNotFound, "there is no program \(configuration.program) on this machine")
        }
        name = (program as NSString).lastPathComponent
        let wrapped = try Self.wrap(program, configuration)
        let streams = try OutputStreams(configuration.output)
        defer { streams.closeChildEnds() }
        var environment = ProcessInfo.processInfo.environment
        for (key, value) in configuration.environment { environment[key] = value }
        do {
            pid = try ProcessSpawner.shared.spawn(
                ProcessSpawner.Request(
                    program: wrapped.program,
                    arguments: wrapped.arguments,
                    environment: environment,
                    workingDirectory: configuration.workingDirectory,
                    standardInput: streams.input,
                    standardOutput: streams.output,
                    standardError: streams.error,
                    ownSession: configuration.lifetime == .detached
                ))
        } catch {
            streams.closeParentEnds()
            throw error
        }
        // The child is not collected yet, so its number cannot mean another process.
        identity = ProcessIdentity(pid: pid)
        capture = streams.makeCapture()
        let reaper = Thread { [self] in collect() }
        reaper.name = "collects \(name)"
        reaper.start()
    }

    /// Starts a program, waits until it ends and returns how, with what it printed.
    public static func run(
        _ configuration: Configuration,
        timeout: Duration = .seconds(60)
    ) async throws -> (status: ExitStatus, standardOutput: String, standardError: String) {
        let child = try ChildProcess(configuration)
        let status = try await child.wait(timeout: timeout, killAfterwards: true)
        return (status, child.standardOutput, child.standardError)
    }

    // MARK: - Signals

    /// Sends a signal to the process; says whether it was still there to get it. SIGSTOP and SIGCONT work as well.
    @discardableResult
    public func signal(_ signal: Int32) -> Bool {
        state.withLock { $0.status == nil && Glibc.kill(pid, signal) == 0 }
    }

    /// Kills the process and its whole process group with SIGKILL and blocks until it is collected.
    public func kill() {
        state.withLock { state in
            guard state.status == nil else { return }
            // The group appears in the child, perhaps a moment later: the process itself is always named as well.
            _ = Glibc.kill(-pid, SIGKILL)
            _ = Glibc.kill(pid, SIGKILL)
        }
        _ = blockUntilEnded(timeout: .seconds(10))
    }

    /// Whether the process has not ended yet. A stopped process runs.
    public var isRunning: Bool { exitStatus == nil }

    /// How it ended; nil while it runs.
    public var exitStatus: ExitStatus? { state.withLock { $0.status } }

    // MARK: - Waiting

    /// Waits until the process has ended and, where its output is captured, has been read to the end.
    ///
    /// Throws `waitTimedOut` after `timeout`, with the last lines that it printed; it is then killed if
    /// `killAfterwards` says so.
    @discardableResult
    public func wait(timeout: Duration, killAfterwards: Bool = false) async throws -> ExitStatus {
        let timeout = Patience.stretching(timeout)
        return try await onOwnThread { [self] in
            if let status = blockUntilEnded(timeout: timeout) {
                blockUntilOutputRead()
                return status
            }
            if killAfterwards { kill() }
            throw LocalServersError(
                .waitTimedOut, "\(name) (process \(pid)) did not end within \(timeout)", context: tail())
        }
    }

    /// Waits for a line, of those already printed or to come, for which `predicate` holds, and returns it.
    ///
    /// Throws `waitTimedOut` after `timeout`, and `notRunning` when the process has ended without printing one; both
    /// carry the last lines. Needs `Output.capture`.
    @discardableResult
    public func waitForLine(
        timeout: Duration = .seconds(30),
        matching predicate: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        guard let capture else {
            throw LocalServersError(.notRunning, "the output of \(name) is not captured, so no line can be waited for")
        }
        let timeout = Patience.stretching(timeout)
        return try await onOwnThread { [self] in
            switch capture.blockUntilLine(timeout: timeout, matching: predicate) {
            case .line(let line): return line
            case .finished:
                throw LocalServersError(
                    .notRunning, "\(name) (process \(pid)) ended before it printed the line", context: tail())
            case .timedOut:
                throw LocalServersError(
                    .waitTimedOut, "\(name) (process \(pid)) did not print the line within \(timeout)",
                    context: tail())
            }
        }
    }

    /// Blocks until the process has been collected; nil when the time was over first.
    func blockUntilEnded(timeout: Duration) -> ExitStatus? {
        let deadline = Date(timeIntervalSinceNow: timeout.seconds)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let status = exitStatus { return status }
            if !condition.wait(until: deadline) { return exitStatus }
        }
    }

    /// Blocks until what the ended process printed has been read.
    func blockUntilOutputRead() {
        // A grandchild may hold the pipe open for ever, so not for long.
        capture?.blockUntilFinished(timeout: .seconds(2))
    }

    // MARK: - Output

    /// The newest lines of standard output and standard error in the order in which they were read.
    public var lines: [String] { capture?.lines(of: nil) ?? [] }

    /// What was printed to standard output, as far as it is kept.
    public var standardOutput: String { (capture?.lines(of: .output) ?? []).joined(separator: "\n") }

    /// What was printed to standard error, as far as it is kept.
    public var standardError: String { (capture?.lines(of: .error) ?? []).joined(separator: "\n") }

    private func tail() -> String {
        lines.suffix(20).joined(separator: "\n")
    }

    // MARK: - The system

    /// Waits for the end without collecting, and collects under the lock: no signal can go astray in between.
    private func collect() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        condition.lock()
        state.withLock { state in
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) == -1, errno == EINTR {}
            // wait(2): the low seven bits hold the signal, the next byte the exit code.
            let signal = raw & 0x7f
            state.status = signal == 0 ? .exited((raw >> 8) & 0xff) : .signalled(signal)
        }
        condition.broadcast()
        condition.unlock()
    }

    /// setpriv(1) takes names only.
    private static let signalNames = [SIGTERM: "TERM", SIGINT: "INT", SIGQUIT: "QUIT", SIGKILL: "KILL"]

    /// Puts setpriv(1) of util-linux, which every Debian has, in front where another user or a death signal is asked
    /// for. It replaces itself with the program, so the number of the process stays.
    private static func wrap(
        _ program: String,
        _ configuration: Configuration
    ) throws -> (program: String, arguments: [String]) {
        var options: [String] = []
        if let user = configuration.user {
            options += ["--reuid=\(user)", "--regid=\(user)", "--init-groups"]
        }
        if case .endsWithParent(let signal) = configuration.lifetime {
            guard let name = Self.signalNames[signal] else {
                throw LocalServersError(
                    .spawnFailed, "signal \(signal) cannot be a death signal: use SIGTERM, SIGINT, SIGQUIT or SIGKILL")
            }
            options.append("--pdeathsig=\(name)")
        }
        if options.isEmpty { return (program, configuration.arguments) }
        guard let setpriv = Executable.find("setpriv") else {
            throw LocalServersError(.programNotFound, "there is no setpriv on this machine: install util-linux")
        }
        return (setpriv, options + ["--", program] + configuration.arguments)
    }
}
