import FoundationEssentials
import LocalServers

/// A folder for one test's certificates, removed with it.
final class CertificateFolder: Sendable {
    let root: String

    init() throws {
        root = FileManager.default.temporaryDirectory.path + "/" + TestServers.uniqueName("certificates")
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func make(_ name: String, days: Int) async throws {
        try await LocalCertificate.make(name, in: root, days: days)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path(name))), as: UTF8.self)
    }

    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path(name))) }
}
