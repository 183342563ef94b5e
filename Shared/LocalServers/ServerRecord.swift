import Foundation

/// What a server writes down beside its data, so that another process can find it, or find that it crashed.
struct ServerRecord: Codable, Sendable {
    /// The server's process.
    var process: ProcessIdentity
    /// The TCP port that it listens on.
    var port: Int

    /// The name of the file in the server's folder.
    static let fileName = "server.json"

    /// nil where there is none, or what there is cannot be right.
    static func read(in directory: String) -> ServerRecord? {
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(fileName)"),
            let record = try? JSONDecoder().decode(ServerRecord.self, from: data), (0...65_535).contains(record.port)
        else { return nil }
        return record
    }

    /// The port that the server of this folder listens on, once it is known.
    static func knownPort(in directory: String) -> Int? {
        read(in: directory).flatMap { $0.port > 0 ? $0.port : nil }
    }

    func write(in directory: String) throws {
        try Self.writeAtomically(self, to: "\(directory)/\(Self.fileName)")
    }

    static func remove(in directory: String) {
        try? FileManager.default.removeItem(atPath: "\(directory)/\(fileName)")
    }

    /// Writes a value as JSON so that a reader sees the old file or the new one.
    static func writeAtomically(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try (encoder.encode(value) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw LocalServersError(.fileSystem, "cannot write \(path)", context: "\(error)")
        }
    }
}
