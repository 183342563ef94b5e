import Foundation
import Glibc
import Synchronization

/// Starts processes from one thread that lives as long as this process.
///
/// Linux sends a parent's death signal when the *thread* that started the child ends (prctl(2), PR_SET_PDEATHSIG), so a
/// thread of a pool must not be the one. posix_spawn is used rather than Foundation's `Process`, which can neither
/// start a session nor close the descriptors that other libraries left open for inheritance: a child that inherits a
/// client's socket keeps that connection open after the client is gone.
final class ProcessSpawner: Sendable {
    static let shared = ProcessSpawner()

    /// What posix_spawn is told.
    struct Request: Sendable {
        var program: String
        var arguments: [String]
        var environment: [String: String]
        var workingDirectory: String?
        /// Descriptors of this process that become the child's 0, 1 and 2.
        var standardInput: Int32
        var standardOutput: Int32
        var standardError: Int32
        /// A session of its own, which outlives the terminal; else only a process group of its own.
        var ownSession: Bool
    }

    private struct Job: Sendable {
        let request: Request
        let done: @Sendable (Result<pid_t, LocalServersError>) -> Void
    }

    private let condition = NSCondition()
    private let jobs = Mutex<[Job]>([])

    private init() {
        let thread = Thread { [self] in serve() }
        thread.name = "process-spawner"
        thread.start()
    }

    /// Starts a process and returns its number.
    func spawn(_ request: Request) throws -> pid_t {
        let answered = SpawnAnswer()
        let job = Job(request: request) { answered.put($0) }
        condition.lock()
        jobs.withLock { $0.append(job) }
        condition.signal()
        condition.unlock()
        return try answered.take().get()
    }

    private func serve() {
        while true {
            condition.lock()
            while jobs.withLock({ $0.isEmpty }) { condition.wait() }
            let job = jobs.withLock { $0.removeFirst() }
            condition.unlock()
            job.done(Result { () throws(LocalServersError) in try Self.launch(job.request) })
        }
    }

    private static func launch(_ request: Request) throws(LocalServersError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, request.standardInput, 0)
        posix_spawn_file_actions_adddup2(&actions, request.standardOutput, 1)
        posix_spawn_file_actions_adddup2(&actions, request.standardError, 2)
        _ = GNUSpawn.closeFrom?(&actions, 3)
        if let folder = request.workingDirectory {
            guard let changeFolder = GNUSpawn.changeFolder, folder.withCString({ changeFolder(&actions, $0) }) == 0
            else {
                throw LocalServersError(.spawnFailed, "cannot start \(request.program) in the folder \(folder)")
            }
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The child begins with no signal blocked and every signal at its default, whatever this process does.
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let group = request.ownSession ? GNUSpawn.setSession : Int32(POSIX_SPAWN_SETPGROUP)
        let flags = group | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var arguments = ([request.program] + request.arguments).map { strdup($0) } + [nil]
        var environment = request.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, request.program, &actions, &attributes, &arguments, &environment)
        guard code == 0 else {
            throw LocalServersError(
                .spawnFailed, "cannot start \(request.program)", context: String(cString: strerror(code)))
        }
        return pid
    }
}

/// A place for one answer that another thread is blocked on.
private final class SpawnAnswer: Sendable {
    private let condition = NSCondition()
    private let value = Mutex<Result<pid_t, LocalServersError>?>(nil)

    func put(_ result: Result<pid_t, LocalServersError>) {
        condition.lock()
        value.withLock { $0 = result }
        condition.signal()
        condition.unlock()
    }

    func take() -> Result<pid_t, LocalServersError> {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = value.withLock({ $0 }) { return result }
            condition.wait()
        }
    }
}

/// The parts of posix_spawn that glibc declares under `_GNU_SOURCE` only, which Swift's module of it does not set.
private enum GNUSpawn {
    typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    typealias ChangeFolder =
        @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32

    /// POSIX_SPAWN_SETSID of glibc's spawn.h, part of its binary interface since 2.26.
    static let setSession: Int32 = 0x80
    /// Since glibc 2.34; without it only descriptors marked close-on-exec are closed.
    static let closeFrom: CloseFrom? = symbol("posix_spawn_file_actions_addclosefrom_np")
    /// Since glibc 2.29.
    static let changeFolder: ChangeFolder? = symbol("posix_spawn_file_actions_addchdir_np")

    private static func symbol<Function>(_ name: String) -> Function? {
        guard let address = dlsym(nil, name) else { return nil }
        return unsafeBitCast(address, to: Function.self)
    }
}
