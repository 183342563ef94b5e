import Foundation
import Glibc

/// The servers that a developer works with: a private PostgreSQL and a local Kafka broker below one folder, which go on
/// after the command that started them.
///
/// What runs is written to `dev.json` in that folder, for people and scripts; the truth is each server's own record,
/// which names its process by number and start time, so that a number that was given away is never signalled. Several
/// commands at once wait for each other's lock.
public struct DevelopmentEnvironment: Sendable {
    /// One server's state.
    public enum ServerState: String, Codable, Sendable {
        /// It runs and can be used.
        case running
        /// It was started and is gone without having been stopped.
        case crashed
        /// It is not there.
        case stopped
    }

    /// One server as it is now.
    public struct Server: Codable, Sendable {
        /// Whether it runs.
        public var state: ServerState
        /// What clients connect to: broker addresses, or a libpq connection string; nil unless it runs.
        public var address: String?
        /// Its process; nil unless it runs.
        public var process: ProcessIdentity?
        /// Its TCP port on 127.0.0.1; nil before its first start.
        public var port: Int?
        /// The folder that holds its data.
        public var directory: String
        /// Its log.
        public var logFile: String
    }

    /// Both servers as they are now.
    public struct Status: Codable, Sendable {
        /// The Kafka broker.
        public var kafka: Server
        /// The PostgreSQL server.
        public var postgres: Server

        /// Whether both run.
        public var isUp: Bool { kafka.state == .running && postgres.state == .running }
    }

    /// What `up` did.
    public struct Started: Sendable {
        /// The servers as they are now.
        public var status: Status
        /// The names of the servers that ran already: `kafka`, `postgres`.
        public var alreadyRunning: [String]
        /// The names of the servers that had crashed and were started again.
        public var recovered: [String]
    }

    /// The folder of the environment.
    public let root: String

    /// The file that says what runs.
    public var stateFile: String { "\(root)/dev.json" }
    private var postgresDirectory: String { "\(root)/postgres" }
    private var brokerDirectory: String { "\(root)/kafka" }

    /// Names an environment; nothing is made or started.
    public init(root: String = ".sluice") {
        self.root = ServerFolder.absolutePath(root)
    }

    /// Starts what does not run, both at once, and waits until both can be used.
    ///
    /// A server that crashed is started again with its data. Where one fails, the other stays up: `down` ends it.
    public func up(timeout: Duration = .seconds(60)) async throws -> Started {
        let lock = try await lock()
        defer { lock.release() }
        let postgres = try LocalPostgres(directory: postgresDirectory, lifetime: .detached)
        let broker = try LocalBroker(directory: brokerDirectory, lifetime: .detached)
        let before = ["kafka": state(broker), "postgres": state(postgres)]
        async let brokerStarted: Void = start(broker, timeout: timeout)
        async let postgresStarted: Void = start(postgres, timeout: timeout)
        do {
            _ = try await (brokerStarted, postgresStarted)
        } catch {
            // What did start is on record for `status` and `down`.
            try? ServerRecord.writeAtomically(status(), to: stateFile)
            throw error
        }
        let status = status()
        try ServerRecord.writeAtomically(status, to: stateFile)
        return Started(
            status: status,
            alreadyRunning: before.filter { $0.value == .running }.keys.sorted(),
            recovered: before.filter { $0.value == .crashed }.keys.sorted())
    }

    /// What runs now. Starts, stops and writes nothing.
    public func status() -> Status {
        var status = Status(
            kafka: Server(
                state: .stopped, directory: brokerDirectory, logFile: "\(brokerDirectory)/broker.log"),
            postgres: Server(
                state: .stopped, directory: postgresDirectory, logFile: "\(postgresDirectory)/postgres.log"))
        // Without a record nothing was started, and nothing is made for a look at it.
        if exists("\(brokerDirectory)/\(ServerRecord.fileName)"),
            let broker = try? LocalBroker(directory: brokerDirectory, lifetime: .detached)
        {
            status.kafka = Server(
                state: state(broker), address: broker.isRunning ? broker.brokers : nil, process: broker.process,
                port: broker.port, directory: brokerDirectory, logFile: broker.logFile)
        }
        if exists("\(postgresDirectory)/\(ServerRecord.fileName)"),
            let postgres = try? LocalPostgres(directory: postgresDirectory, lifetime: .detached)
        {
            status.postgres = Server(
                state: state(postgres), address: postgres.isRunning ? postgres.connectionString : nil,
                process: postgres.process, port: postgres.port, directory: postgres.clusterDirectory,
                logFile: postgres.logFile)
        }
        return status
    }

    /// Stops both servers and removes their data. Does nothing where nothing is left of them.
    ///
    /// The root folder itself stays when it holds anything else, such as the installed tools.
    public func down() async throws {
        guard exists(root) else { return }
        let lock = try await lock()
        defer { lock.release() }
        if exists(brokerDirectory) {
            try await LocalBroker(directory: brokerDirectory, lifetime: .detached).destroy()
        }
        if exists(postgresDirectory) {
            try await LocalPostgres(directory: postgresDirectory, lifetime: .detached).destroy()
        }
        try ServerFolder.remove(stateFile)
        // The lock's file goes while the lock is held: whoever waits for it looks whether it is still the same file.
        try ServerFolder.remove(lockFile)
        // rmdir(2) removes an empty folder only.
        rmdir(root)
    }

    // MARK: - Parts

    private var lockFile: String { "\(root)/dev.lock" }

    private func lock() async throws -> FolderLock {
        let path = lockFile
        let root = root
        return try await onOwnThread {
            _ = try ServerFolder.make(root)
            return try FolderLock(path, timeout: .seconds(120))
        }
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func state(_ broker: LocalBroker) -> ServerState {
        broker.isRunning ? .running : broker.hasCrashed ? .crashed : .stopped
    }

    private func state(_ postgres: LocalPostgres) -> ServerState {
        postgres.isRunning ? .running : postgres.hasCrashed ? .crashed : .stopped
    }

    /// A server that is started again keeps its port, unless somebody took it meanwhile.
    private func start(_ broker: LocalBroker, timeout: Duration) async throws {
        do {
            try await broker.start(timeout: timeout)
        } catch let error as LocalServersError where error.code == .portInUse {
            try await LocalBroker(directory: brokerDirectory, port: 0, lifetime: .detached).start(timeout: timeout)
        }
    }

    private func start(_ postgres: LocalPostgres, timeout: Duration) async throws {
        do {
            try await postgres.start(timeout: timeout)
        } catch let error as LocalServersError where error.code == .portInUse {
            let port = try LoopbackPort.free()
            try await LocalPostgres(directory: postgresDirectory, port: port, lifetime: .detached)
                .start(timeout: timeout)
        }
    }
}
