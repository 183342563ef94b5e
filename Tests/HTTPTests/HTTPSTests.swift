import Foundation
import HTTP
import LocalServers
import Testing

/// Against `openssl s_server` with a certificate that no authority of the system knows.
@Suite struct HTTPSTests {
    @Test(.timeLimit(.minutes(3)))
    func certificatesAreChecked() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/" + TestServers.uniqueName("https")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await LocalCertificate.make("server", in: folder, days: 1)
        let server = try ChildProcess(
            ChildProcess.Configuration(
                "openssl",
                [
                    "s_server", "-accept", "127.0.0.1:0", "-cert", "\(folder)/server.pem", "-key",
                    "\(folder)/server.key", "-www",
                ]))
        defer { server.kill() }
        let line = try await server.waitForLine { $0.hasPrefix("ACCEPT 127.0.0.1:") }
        let port = try #require(line.split(separator: ":").last.flatMap { Int($0) })

        var request = HTTPRequest(url: "https://localhost:\(port)/")
        guard case .failure(let error) = await HTTPThread.send(request) else {
            Issue.record("a certificate of nobody was accepted")
            return
        }
        #expect(error.code == .tls, "\(error)")
        request.certificateAuthorityFile = "\(folder)/server.pem"
        #expect(try await HTTPThread.send(request).get().status == 200)
        request.certificateAuthorityFile = "\(folder)/missing.pem"
        guard case .failure(let error) = await HTTPThread.send(request) else {
            Issue.record("a missing file of authorities was accepted")
            return
        }
        #expect(error.code == .tls || error.code == .unreachable, "\(error)")
    }
}
