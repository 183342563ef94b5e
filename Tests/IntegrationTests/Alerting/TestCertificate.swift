import Foundation
import LocalServers
import Testing

/// A certificate file that openssl makes, with as many days left as a test wants.
struct TestCertificate: Sendable {
    private let folder: URL
    var file: String { folder.appending(path: "ca.pem").inFileSystem }

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: TestServers.uniqueName("certificate"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func renew(days: Int) async throws {
        let result = try await ChildProcess.run(
            .init(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                    folder.appending(path: "key.pem").inFileSystem, "-out", file, "-days", "\(days)", "-subj",
                    "/CN=authority.test",
                ]))
        try #require(result.status.isSuccess, "\(result)")
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
