import Foundation
import Glibc
import Synchronization

/// A private PostgreSQL server for development and tests, with its cluster in one folder.
///
/// It listens on a Unix socket and on 127.0.0.1, trusts whoever reaches these (every user of this machine can), and
/// keeps fsync and synchronous_commit on, so what it acknowledged survives a kill. PostgreSQL refuses to run as root:
/// started by root it runs as the user `postgres`, which the Debian package makes, and where that user cannot reach
/// the folder, the cluster lies in a folder below /var/tmp that the file `location` names.
///
/// Thread safety: every member may be used from any thread; starts and stops exclude one another.
public final class LocalPostgres: Sendable {
    /// How the server ends (PostgreSQL's manual, "Shutting Down the Server").
    public enum StopMode: Sendable {
        /// Waits until every client has left.
        case smart
        /// Rolls back open transactions, disconnects clients, writes everything down.
        case fast
        /// Ends at once, as in a crash: the next start recovers from the write-ahead log.
        case immediate

        var signal: Int32 {
            switch self {
            case .smart: SIGTERM
            case .fast: SIGINT
            case .immediate: SIGQUIT
            }
        }
    }

    /// The database that is made for you.
    public static let database = "sluice"
    /// The superuser that you connect as.
    public static let user = "sluice"

    /// The folder that was asked for: log, record and, where the server's user can reach it, the cluster.
    public let directory: String

    private let cluster: PostgresCluster
    private let lifetime: ChildProcess.Lifetime
    private let operation = NSLock()
    private let chosenPort: Mutex<Int?>

    /// Prepares a server whose cluster lies in `directory`, which is made if it is missing.
    ///
    /// `port` nil lets the system choose; a server keeps its port over stops and restarts. A server that another
    /// process started in the same folder is found again. With `Lifetime.detached` it survives this process; else the
    /// kernel stops it immediately (SIGQUIT) when this process ends. Throws `programNotFound` and `fileSystem`.
    public init(
        directory: String,
        port: Int? = nil,
        lifetime: ChildProcess.Lifetime = .endsWithParent(signal: SIGQUIT)
    ) throws {
        self.directory = try ServerFolder.make(directory)
        self.lifetime = lifetime
        cluster = try PostgresCluster(directory: self.directory)
        chosenPort = Mutex(port ?? ServerRecord.knownPort(in: self.directory))
    }

    // MARK: - Where it is

    /// The libpq connection string for TCP, as SLUICE_POSTGRES takes it; port 0 before the first start.
    public var connectionString: String { connectionString(database: Self.database) }

    /// The libpq connection string for another database of this server.
    public func connectionString(database: String) -> String {
        "host=127.0.0.1 port=\(port ?? 0) user=\(Self.user) dbname=\(database)"
    }

    /// The libpq connection string through the Unix socket.
    public var socketConnectionString: String {
        "host=\(cluster.socketDirectory) port=\(port ?? 0) user=\(Self.user) dbname=\(Self.database)"
    }

    /// The TCP port, also part of the socket's name; nil before the first start.
    public var port: Int? { chosenPort.withLock { $0 } }

    /// The server's log.
    public var logFile: String { cluster.logFile }

    /// The folder that the cluster really lies in: `directory`, or one below /var/tmp.
    public var clusterDirectory: String { cluster.home }

    /// The running server's first process; nil when none runs.
    public var process: ProcessIdentity? {
        guard let record = ServerRecord.read(in: directory), record.process.isAlive else { return nil }
        return record.process
    }

    /// Whether the server's process runs.
    public var isRunning: Bool { process != nil }

    /// Whether a server was started here and neither stopped nor is it still there.
    public var hasCrashed: Bool { ServerRecord.read(in: directory) != nil && !isRunning }

    // MARK: - Running it

    /// Starts the server, making the cluster and the database first where they are missing, and waits until it takes
    /// connections. Does nothing when it runs already.
    ///
    /// Throws `portInUse` when its port is taken, `startFailed` with the end of the log, or `startTimedOut`.
    public func start(timeout: Duration = .seconds(60)) async throws {
        try await onOwnThread { [self] in try operation.withLock { try startNow(timeout: timeout) } }
    }

    /// Stops the server and waits until it has ended. Does nothing when none runs.
    public func stop(mode: StopMode = .fast, timeout: Duration = .seconds(60)) async throws {
        try await onOwnThread { [self] in try operation.withLock { try stopNow(mode, timeout: timeout) } }
    }

    /// Stops the server and starts it again at the same port.
    public func restart(mode: StopMode = .fast, timeout: Duration = .seconds(60)) async throws {
        try await onOwnThread { [self] in
            try operation.withLock {
                try stopNow(mode, timeout: timeout)
                try startNow(timeout: timeout)
            }
        }
    }

    /// Kills the server and all of its processes (SIGKILL), as the kernel does when memory runs out.
    public func kill() async throws {
        try await onOwnThread { [self] in try operation.withLock { try killNow() } }
    }

    /// Ends the server and removes its cluster and folder.
    public func destroy() async throws {
        try await onOwnThread { [self] in try destroyNow() }
    }

    /// The same, for callers that cannot wait asynchronously.
    func destroyNow() throws {
        try operation.withLock {
            do {
                // An orderly end gives back shared memory, which a kill leaves behind.
                try stopNow(.immediate, timeout: .seconds(10))
            } catch let error as LocalServersError where error.code == .stopTimedOut {
                try killNow()
            }
            try cluster.remove()
        }
    }

    // MARK: - Under the operation lock

    private func startNow(timeout: Duration) throws {
        if isRunning { return }
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        try cluster.createIfMissing(superuser: Self.user, timeout: timeout)
        let kept = port
        var started: Int?
        while started == nil {
            let port = try kept ?? LoopbackPort.free()
            do {
                try launch(port: port, timeout: max(.seconds(1), deadline - clock.now))
                started = port
            } catch let error as LocalServersError where clock.now < deadline && passes(error, keptPort: kept) {
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        chosenPort.withLock { $0 = started }
        try cluster.createDatabaseIfMissing(Self.database, user: Self.user, port: started ?? 0)
    }

    /// Whether the same start may succeed a moment later.
    private func passes(_ error: LocalServersError, keptPort: Int?) -> Bool {
        switch error.code {
        case .portInUse:
            // A port of the system's choice was taken between the choice and its use: another is chosen then.
            return keptPort == nil
        case .startFailed:
            // The processes of a server that was killed still hold its memory, or it waits to be collected.
            let log = error.context ?? ""
            return log.contains("pre-existing shared memory block")
                || log.contains("lock file \"postmaster.pid\" already exists")
        default:
            return false
        }
    }

    private func launch(port: Int, timeout: Duration) throws {
        let logStart = ServerFolder.size(logFile)
        let child = try cluster.launch(port: port, lifetime: lifetime)
        guard let identity = child.identity else {
            throw failure(.startFailed, "PostgreSQL ended at once", logStart)
        }
        try ServerRecord(process: identity, port: port).write(in: directory)
        let isReady = try blockUntil(timeout: timeout) {
            guard child.isRunning else {
                ServerRecord.remove(in: directory)
                throw startFailed(child, port: port, logStart)
            }
            return cluster.isReady(pid: child.pid)
        }
        guard isReady else {
            try killNow()
            throw failure(.startTimedOut, "PostgreSQL took no connections within \(timeout)", logStart)
        }
    }

    private func startFailed(_ child: ChildProcess, port: Int, _ logStart: UInt64) -> LocalServersError {
        // "Address already in use" (EADDRINUSE) and the lock file of a socket that another server has.
        let log = ServerFolder.text(of: logFile, from: logStart)
        if log.contains("Address already in use") || log.contains(".s.PGSQL.\(port).lock") {
            return failure(.portInUse, "port \(port) of 127.0.0.1 is taken: PostgreSQL cannot start", logStart)
        }
        let status = child.exitStatus.map(String.init(describing:)) ?? "unknown"
        return failure(
            .startFailed, "PostgreSQL ended while starting (\(status)); its log is \(logFile)", logStart)
    }

    private func failure(_ code: LocalServersError.Code, _ message: String, _ logStart: UInt64) -> LocalServersError {
        LocalServersError(code, message, context: ServerFolder.tail(of: logFile, from: logStart))
    }

    private func stopNow(_ mode: StopMode, timeout: Duration) throws {
        if let process {
            process.signal(mode.signal)
            // One that was stopped by SIGSTOP would never see it.
            process.signal(SIGCONT)
            if !process.waitUntilEnded(timeout: timeout) {
                throw LocalServersError(
                    .stopTimedOut, "PostgreSQL (process \(process.pid)) did not end within \(timeout), mode \(mode)",
                    context: ServerFolder.tail(of: logFile))
            }
        }
        ServerRecord.remove(in: directory)
    }

    private func killNow() throws {
        if let process {
            // A server that starts before the old one's processes are gone refuses to: they share its memory.
            let family = [process] + process.children()
            for member in family { member.signal(SIGKILL) }
            for member in family where !member.waitUntilEnded(timeout: .seconds(10)) {
                throw LocalServersError(
                    .stopTimedOut, "PostgreSQL's process \(member.pid) did not end after SIGKILL")
            }
        }
        ServerRecord.remove(in: directory)
    }
}
