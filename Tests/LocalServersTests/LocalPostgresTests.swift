import Foundation
import Glibc
import Testing

@testable import LocalServers

@Suite struct LocalPostgresTests {
    @Test func acknowledgedRowsSurviveEveryKindOfEnd() async throws {
        try await withLocalPostgres { server in
            let address = server.connectionString
            _ = try await query(server, "CREATE TABLE kept (id int)")
            _ = try await query(server, "INSERT INTO kept VALUES (1)")
            try await server.restart()
            _ = try await query(server, "INSERT INTO kept VALUES (2)")
            try await server.restart(mode: .immediate)
            _ = try await query(server, "INSERT INTO kept VALUES (3)")
            try await server.kill()
            #expect(!server.isRunning)
            try await server.start()
            #expect(server.connectionString == address)
            #expect(try await query(server, "SELECT string_agg(id::text, ',' ORDER BY id) FROM kept") == "1,2,3")
            #expect(try await query(server, "SHOW fsync") == "on")
            #expect(try await query(server, "SHOW synchronous_commit") == "on")
            let throughSocket = try await psql(server.socketConnectionString, "SELECT current_user")
            #expect(throughSocket == LocalPostgres.user)
        }
    }

    @Test func aCrashIsNoticedAndRecoveredFromAtOnce() async throws {
        try await withLocalPostgres { server in
            let before = try #require(server.process)
            before.signal(SIGKILL)
            #expect(before.waitUntilEnded(timeout: .seconds(10)))
            #expect(server.hasCrashed)
            // Its other processes may still be there: the start waits for them.
            try await server.start()
            #expect(server.isRunning && !server.hasCrashed)
            #expect(server.process != before)
            try await server.start()
            try await server.stop(mode: .smart)
            #expect(!server.isRunning && !server.hasCrashed)
            try await server.stop()
        }
    }

    @Test func aTakenPortIsAnErrorThatNamesIt() async throws {
        try await withLocalPostgres { server in
            let port = try #require(server.port)
            let folder = try TemporaryFolder.make("postgres")
            let second = try LocalPostgres(directory: folder, port: port)
            let error = await #expect(throws: LocalServersError.self) { try await second.start() }
            #expect(error?.code == .portInUse)
            #expect(error?.message.contains("\(port)") == true)
            #expect(!second.isRunning && !second.hasCrashed)
            try await second.destroy()
            #expect(server.isRunning)
        }
    }

    @Test func nothingIsLeftWhenTheBodyThrows() async throws {
        struct Expected: Error {}
        let seen = Seen()
        await #expect(throws: Expected.self) {
            try await withLocalPostgres { server in
                seen.process = server.process
                seen.folders = [server.directory, server.clusterDirectory]
                throw Expected()
            }
        }
        #expect(try #require(seen.process).isAlive == false)
        #expect(seen.folders.count == 2)
        for folder in seen.folders { #expect(!FileManager.default.fileExists(atPath: folder)) }
    }

    @Test func aFolderThatIsTooDeepForASocketOrClosedToTheServer() async throws {
        // /root is open to root alone; elsewhere the long path is what is tried.
        let parent = geteuid() == 0 ? NSHomeDirectory() : "/var/tmp"
        let top = try ServerFolder.makeTemporary(in: parent, prefix: "sluice-deep-")
        defer { try? ServerFolder.remove(top) }
        let server = try LocalPostgres(directory: "\(top)/\(String(repeating: "deep/", count: 20))pg")
        try await server.start()
        #expect(try await query(server, "SELECT 1") == "1")
        #expect(try await psql(server.socketConnectionString, "SELECT 1") == "1")
        let cluster = server.clusterDirectory
        // Another process finds the same cluster again.
        let again = try LocalPostgres(directory: server.directory)
        #expect(again.clusterDirectory == cluster)
        #expect(again.isRunning && again.port == server.port)
        try await again.destroy()
        #expect(!server.isRunning)
        #expect(!FileManager.default.fileExists(atPath: cluster))
        #expect(!FileManager.default.fileExists(atPath: server.directory))
    }

    @Test func theSharedServersAreUsableAndNamesAreUnique() async throws {
        let servers = try await TestServers.shared()
        #expect(try await psql(servers.postgres, "SELECT 1") == "1")
        #expect(try await TestServers.postgres() == servers.postgres)
        #expect(try await TestServers.brokers() == servers.brokers)
        let names = Set((0..<100).map { _ in servers.uniqueName("topic") })
        #expect(names.count == 100)
        #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z0-9_]+/) != nil })
    }

    private final class Seen {
        var process: ProcessIdentity?
        var folders: [String] = []
    }
}

/// One query by PostgreSQL's own client.
private func query(_ server: LocalPostgres, _ text: String) async throws -> String {
    try await psql(server.connectionString, text)
}

private func psql(_ connection: String, _ text: String) async throws -> String {
    let answer = try await ChildProcess.run(
        ChildProcess.Configuration("psql", ["-X", "-q", "-A", "-t", "-d", connection, "-c", text]))
    guard answer.status.isSuccess else { throw LocalServersError(.startFailed, answer.standardError) }
    return answer.standardOutput
}
