import Glibc
import Testing

/// A PostgreSQL cluster of the tests' own, in a temporary folder, on a Unix socket only. PostgreSQL refuses to run
/// as root, so as root its programs run as the user `postgres` that Debian's package makes.
final class PrivateServer: Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let folder: String
    private let programs: String
    /// A role that has to give a password.
    static let guardedRole = "guarded"
    static let guardedPassword = "correct horse's \\battery"

    /// The server of the suite that runs.
    @TaskLocal static var current: PrivateServer?

    static var shared: PrivateServer {
        get throws { try #require(current) }
    }

    init() throws {
        programs = try Self.findPrograms()
        var template = Array("/tmp/sluice-postgres-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "no temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if geteuid() == 0 {
            guard let user = getpwnam("postgres") else { throw Failure(description: "there is no user postgres") }
            chown(folder, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try run("initdb", "-D", folder + "/data", "-U", "tester", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-N")
        try write(
            """
            listen_addresses = ''
            unix_socket_directories = '\(folder)'
            fsync = off
            max_connections = 40
            """, to: "data/postgresql.auto.conf")
        try write(
            """
            local all \(Self.guardedRole) scram-sha-256
            local all all trust
            """, to: "data/pg_hba.conf")
        try start()
    }

    func start() throws {
        try run("pg_ctl", "-D", folder + "/data", "-w", "-t", "60", "-l", folder + "/log", "start")
    }

    /// - Parameter mode: `immediate` leaves as a crash would.
    func stop(mode: String) throws {
        try run("pg_ctl", "-D", folder + "/data", "-w", "-t", "60", "-m", mode, "stop")
    }

    func remove() {
        try? stop(mode: "immediate")
        _ = try? Self.spawn(["/bin/rm", "-rf", folder])
    }

    private func run(_ program: String, _ arguments: String...) throws {
        var command = ["\(programs)/\(program)"] + arguments
        if geteuid() == 0 {
            command = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] + command
        }
        // The server's user may not be allowed into the folder that the tests run in.
        let status = try Self.spawn(["/usr/bin/env", "-C", folder] + command)
        guard status == 0 else {
            throw Failure(description: "\(program) ended with status \(status); see \(folder)/log")
        }
    }

    private func write(_ text: String, to name: String) throws {
        guard let file = fopen("\(folder)/\(name)", "w") else { throw Failure(description: "cannot write \(name)") }
        defer { fclose(file) }
        fputs(text + "\n", file)
    }

    /// The newest installed version, where Debian puts it.
    private static func findPrograms() throws -> String {
        for version in stride(from: 30, through: 12, by: -1) {
            let folder = "/usr/lib/postgresql/\(version)/bin"
            if access(folder + "/initdb", X_OK) == 0 { return folder }
        }
        throw Failure(description: "there is no PostgreSQL server below /usr/lib/postgresql")
    }

    /// Runs a program, its output thrown away, and waits for its end.
    private static func spawn(_ command: [String]) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in 0...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        guard posix_spawn(&process, command[0], &actions, nil, arguments, environ) == 0 else {
            throw Failure(description: "\(command[0]) cannot be run")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

/// Starts one server for everything in a suite, and removes it afterwards.
struct PrivateServerTrait: SuiteTrait, TestScoping {
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let server = try PrivateServer()
        defer { server.remove() }
        try await PrivateServer.$current.withValue(server) { try await function() }
    }
}

extension Trait where Self == PrivateServerTrait {
    static var privateServer: Self { PrivateServerTrait() }
}
