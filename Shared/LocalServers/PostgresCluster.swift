import Foundation
import Glibc

/// The files of a PostgreSQL cluster, the programs that serve it, and the user that they run as.
struct PostgresCluster: Sendable {
    /// Holds the cluster (`data`), the log and, where its path is short enough, the socket.
    let home: String
    /// Where the Unix socket is made.
    let socketDirectory: String

    private let directory: String
    private let programs: String
    /// The user to change to; nil where this process is not root.
    private let user: String?

    var logFile: String { "\(home)/postgres.log" }
    private var data: String { "\(home)/data" }

    /// A Unix socket's path holds at most 107 bytes (unix(7)), and `/.s.PGSQL.65535.lock` takes 20 of them.
    static let longestSocketDirectory = 107 - 20
    /// The file in `directory` that names the home when it lies elsewhere.
    private static let locationFile = "location"

    init(directory: String) throws {
        self.directory = directory
        programs = try Self.findPrograms()
        user = try Self.serverUser()
        home = try Self.chooseHome(directory, user: user)
        socketDirectory = try Self.chooseSocketDirectory(home, user: user)
    }

    // MARK: - The cluster

    /// Makes the cluster with initdb unless a complete one is there.
    func createIfMissing(superuser: String, timeout: Duration) throws {
        if FileManager.default.fileExists(atPath: "\(data)/PG_VERSION") { return }
        // initdb works beside the final place, so that an interrupted one is never taken for a cluster.
        let unfinished = "\(home)/data.unfinished"
        try ServerFolder.remove(unfinished)
        try run(
            "initdb",
            [
                "--pgdata", unfinished, "--username", superuser, "--auth", "trust",
                // The same order of texts on every machine.
                "--encoding", "UTF8", "--locale", "C",
                // What initdb writes is not yet worth surviving a power cut; the server's own writes are synced.
                "--no-sync",
            ],
            timeout: timeout)
        do {
            try ServerFolder.remove(data)
            try FileManager.default.moveItem(atPath: unfinished, toPath: data)
        } catch {
            throw LocalServersError(.fileSystem, "cannot finish the cluster \(data)", context: "\(error)")
        }
    }

    /// Starts the server's first process.
    func launch(port: Int, lifetime: ChildProcess.Lifetime) throws -> ChildProcess {
        let settings: KeyValuePairs<String, String> = [
            "listen_addresses": "127.0.0.1",
            "port": "\(port)",
            "unix_socket_directories": socketDirectory,
            "max_connections": "50",
            "shared_buffers": "256MB",
            "fsync": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            "log_timezone": "UTC",
        ]
        return try ChildProcess(
            configuration(
                "postgres",
                ["-D", data] + settings.flatMap { ["-c", "\($0.key)=\($0.value)"] },
                output: .file(logFile),
                lifetime: lifetime))
    }

    /// Whether the server with this number takes connections: its lock file says so in its eighth line, which is what
    /// pg_ctl waits for.
    func isReady(pid: Int32) -> Bool {
        let lines = ServerFolder.text(of: "\(data)/postmaster.pid").split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        return lines.count >= 8 && lines[0] == "\(pid)" && lines[7] == "ready"
    }

    /// Makes a database unless it is there.
    func createDatabaseIfMissing(_ database: String, user: String, port: Int) throws {
        let connection = "host=\(socketDirectory) port=\(port) user=\(user) dbname=postgres"
        let options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", connection, "--command"]
        let found = try run(
            "psql", options + ["SELECT 1 FROM pg_database WHERE datname = '\(database)'"], timeout: .seconds(30))
        if found.contains("1") { return }
        try run("psql", options + ["CREATE DATABASE \(database)"], timeout: .seconds(30))
    }

    /// Removes the folder and, where they lie elsewhere, the cluster and the socket's folder.
    func remove() throws {
        for path in [socketDirectory, home, directory] { try ServerFolder.remove(path) }
    }

    // MARK: - Programs

    @discardableResult
    private func run(_ program: String, _ arguments: [String], timeout: Duration) throws -> String {
        let child = try ChildProcess(
            configuration(program, arguments, output: .capture, lifetime: .killedWithParent))
        guard let status = child.blockUntilEnded(timeout: timeout) else {
            child.kill()
            throw LocalServersError(.startTimedOut, "\(program) did not end within \(timeout)")
        }
        child.blockUntilOutputRead()
        guard status.isSuccess else {
            throw LocalServersError(
                .startFailed, "\(program) failed (\(status)) on the cluster in \(home)",
                context: child.lines.suffix(20).joined(separator: "\n"))
        }
        return child.standardOutput
    }

    private func configuration(
        _ program: String,
        _ arguments: [String],
        output: ChildProcess.Output,
        lifetime: ChildProcess.Lifetime
    ) -> ChildProcess.Configuration {
        // The variables of libpq and of the server would change where it works and what it is asked.
        var environment: [String: String?] = ["LC_ALL": "C"]
        for key in ProcessInfo.processInfo.environment.keys where key.hasPrefix("PG") {
            environment.updateValue(nil, forKey: key)
        }
        var configuration = ChildProcess.Configuration(
            "\(programs)/\(program)", arguments,
            environment: environment,
            // A folder that the server's user may enter, whatever this process's own is.
            workingDirectory: home,
            output: output,
            lifetime: lifetime)
        configuration.user = user
        return configuration
    }

    /// The folder of the server's programs: SLUICE_PG_BIN, else Debian's newest, else that of `postgres` in PATH.
    static func findPrograms() throws -> String {
        if let named = ProcessInfo.processInfo.environment["SLUICE_PG_BIN"] {
            guard Executable.isProgram("\(named)/initdb") else {
                throw LocalServersError(.programNotFound, "SLUICE_PG_BIN names \(named), where there is no initdb")
            }
            return named
        }
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
            .filter { Executable.isProgram("\(root)/\($0)/bin/initdb") }
            .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
        if let newest = versions.last { return "\(root)/\(newest)/bin" }
        if let server = Executable.find("postgres") {
            // A link in PATH leads to the folder where the other programs are.
            let folder = URL(fileURLWithPath: server).resolvingSymlinksInPath().deletingLastPathComponent().path
            if Executable.isProgram("\(folder)/initdb") { return folder }
        }
        throw LocalServersError(
            .programNotFound,
            "PostgreSQL's server is not installed: run `make setup`, or name its program folder in SLUICE_PG_BIN")
    }

    // MARK: - User and folders

    private static func serverUser() throws -> String? {
        guard geteuid() == 0 else { return nil }
        guard getpwnam("postgres") != nil else {
            throw LocalServersError(
                .programNotFound,
                "PostgreSQL does not run as root and there is no user `postgres` to run it as: run `make setup`")
        }
        return "postgres"
    }

    /// The folder itself, unless this process is root and the server's user cannot work in it.
    private static func chooseHome(_ directory: String, user: String?) throws -> String {
        let location = "\(directory)/\(locationFile)"
        if let text = try? String(contentsOfFile: location, encoding: .utf8) {
            let home = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if FileManager.default.fileExists(atPath: home) { return home }
        }
        guard let user, !FileManager.default.fileExists(atPath: "\(directory)/data") else { return directory }
        try give(directory, to: user)
        if try canWork(in: directory, as: user) { return directory }
        let home = try ServerFolder.makeTemporary(in: "/var/tmp", prefix: "sluice-postgres-")
        try give(home, to: user)
        do {
            try "\(home)\n".write(toFile: location, atomically: true, encoding: .utf8)
        } catch {
            throw LocalServersError(.fileSystem, "cannot write \(location)", context: "\(error)")
        }
        return home
    }

    /// Asks the system itself, which knows every folder above, access lists and read-only mounts.
    private static func canWork(in folder: String, as user: String) throws -> Bool {
        var probe = ChildProcess.Configuration("test", ["-w", folder, "-a", "-x", folder], output: .discard)
        probe.user = user
        let child = try ChildProcess(probe)
        return child.blockUntilEnded(timeout: .seconds(10))?.isSuccess ?? false
    }

    private static func chooseSocketDirectory(_ home: String, user: String?) throws -> String {
        if home.utf8.count <= longestSocketDirectory { return home }
        let link = "\(home)/socket-location"
        if let known = try? String(contentsOfFile: link, encoding: .utf8),
            FileManager.default.fileExists(atPath: known)
        {
            return known
        }
        let folder = try ServerFolder.makeTemporary(in: "/tmp", prefix: "sluice-pg-")
        if let user { try give(folder, to: user) }
        do {
            try folder.write(toFile: link, atomically: true, encoding: .utf8)
        } catch {
            throw LocalServersError(.fileSystem, "cannot write \(link)", context: "\(error)")
        }
        return folder
    }

    private static func give(_ folder: String, to user: String) throws {
        guard let entry = getpwnam(user), chown(folder, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw LocalServersError(
                .fileSystem, "cannot give the folder \(folder) to the user \(user)",
                context: String(cString: strerror(errno)))
        }
    }
}
