import Foundation

/// Starts a private PostgreSQL server in a temporary folder, runs `body` with it, and removes both, also when the body
/// throws or is cancelled.
public func withLocalPostgres<T>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (LocalPostgres) async throws -> T
) async throws -> T {
    let folder = try TemporaryFolder.make("postgres")
    let server = try LocalPostgres(directory: folder)
    return try await using(start: { try await server.start() }, end: { try await server.destroy() }) {
        try await body(server)
    }
}

/// Starts a private Kafka broker in a temporary folder, runs `body` with it, and removes both, also when the body
/// throws or is cancelled.
public func withLocalBroker<T>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (LocalBroker) async throws -> T
) async throws -> T {
    let folder = try TemporaryFolder.make("broker")
    let server = try LocalBroker(directory: folder)
    return try await using(start: { try await server.start() }, end: { try await server.destroy() }) {
        try await body(server)
    }
}

/// The body's error is the one that is thrown, whatever the end says.
private func using<T>(
    isolation: isolated (any Actor)? = #isolation,
    start: () async throws -> Void,
    end: () async throws -> Void,
    _ body: () async throws -> T
) async throws -> T {
    let result: T
    do {
        try await start()
        result = try await body()
    } catch {
        try? await end()
        throw error
    }
    try await end()
    return result
}

/// Folders of servers that live no longer than the process that made them.
enum TemporaryFolder {
    /// /var/tmp rather than the folder of TMPDIR: that one may be closed to the server's user or lie in memory, where
    /// a sync costs nothing and measures nothing.
    private static let parent = "/var/tmp"
    private static let prefix = "sluice-run-"

    /// Makes a folder whose name holds this process's number, and removes what processes that were killed left.
    static func make(_ purpose: String) throws -> String {
        _ = swept
        return try ServerFolder.makeTemporary(in: parent, prefix: "\(prefix)\(ownMark)-\(purpose)-")
    }

    /// This process, with its start time: a number alone may be given again.
    private static let ownMark: String = {
        let pid = ProcessInfo.processInfo.processIdentifier
        return "\(pid)-\(ProcessIdentity(pid: pid)?.startTicks ?? 0)"
    }()

    private static let swept: Void = {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let parts = name.dropFirst(prefix.count).split(separator: "-")
            guard parts.count >= 3, let pid = Int32(parts[0]), let ticks = UInt64(parts[1]) else { continue }
            if ProcessIdentity(pid: pid)?.startTicks == ticks { continue }
            let folder = "\(parent)/\(name)"
            // A server that outlived its process for a moment still uses its folder.
            if ServerRecord.read(in: folder)?.process.isAlive == true { continue }
            try? FileManager.default.removeItem(atPath: folder)
        }
    }()
}
