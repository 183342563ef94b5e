import Foundation
import Logging

@testable import LocalServers
@testable import Runtime

/// The head of a request, taken apart byte by byte in another way; and no answer but a probe's, or a refusal, without
/// the token.
func fuzzAdminRequest(_ bytes: UnsafeRawBufferPointer) {
    let request = AdminRequest(head: bytes)
    let expected = HeadModel(Array(bytes))
    require((request != nil) == (expected != nil), "\(String(describing: request)), \(String(describing: expected))")
    guard let request, let expected else { return }
    require(
        Array(request.method.utf8) == expected.method && Array(request.path.utf8) == expected.path
            && request.authorization.map { Array($0.utf8) } == expected.authorization,
        "\(request) instead of \(expected)")

    let response = routes.response(to: request)
    let isProbe = ["/healthz/live", "/healthz/ready", "/healthz/startup"].contains(request.path)
    if response.status == .ok, !isProbe {
        let words = request.authorization.map { $0.split(separator: " ").map(String.init) } ?? []
        require(words.count == 2 && words[0].lowercased() == "bearer" && words[1].hasPrefix("t0ken"), "\(request)")
    }
    let sent = response.bytes(withBody: request.method != "HEAD")
    require(sent.starts(with: "HTTP/1.1 \(response.status.rawValue) ".utf8), "\(shown(sent))")
}

private let routes = AdminRoutes(
    name: "sluice", version: "0", health: HealthState(), registry: OpenMetricsRegistry(), configuration: { [] },
    token: Secret("t0ken"))

/// RFC 9112, as much as the endpoint takes, over bytes.
private struct HeadModel {
    var method: [UInt8]
    var path: [UInt8]
    var authorization: [UInt8]?

    init?(_ head: [UInt8]) {
        guard String(validating: head, as: UTF8.self) != nil else { return nil }
        var lines = head.split(separator: 10, omittingEmptySubsequences: false).map {
            Array($0.last == 13 ? $0.dropLast() : $0)
        }
        let words = lines.removeFirst().split(separator: 32, omittingEmptySubsequences: false).map(Array.init)
        guard words.count == 3, [Array("HTTP/1.1".utf8), Array("HTTP/1.0".utf8)].contains(words[2]),
            !words[0].isEmpty, words[0].allSatisfy({ (0x41...0x5A).contains($0) }), words[1].first == 0x2F
        else { return nil }
        method = words[0]
        path = Array(words[1].prefix { $0 != 0x3F })
        for line in lines where !line.isEmpty {
            guard line[0] != 32, line[0] != 9, let colon = line.firstIndex(of: 0x3A) else { return nil }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            guard name.utf8.elementsEqual("authorization".utf8) else { continue }
            guard authorization == nil else { return nil }
            authorization = Array(line[(colon + 1)...].drop { $0 == 32 || $0 == 9 })
        }
    }
}

/// What a server wrote down beside its data: refused, or a record with a port that there is, which is written and read
/// again as the same.
func fuzzServerRecord(_ bytes: UnsafeRawBufferPointer) {
    let path = MemoryFolder.file(ServerRecord.fileName)
    do {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    } catch {
        require(false, "\(error)")
    }
    defer { ServerRecord.remove(in: MemoryFolder.path) }
    guard let record = ServerRecord.read(in: MemoryFolder.path) else { return }
    require((0...65_535).contains(record.port), "port \(record.port)")
    _ = record.process.isAlive
    do {
        try record.write(in: MemoryFolder.path)
    } catch {
        require(false, "\(error)")
    }
    let again = ServerRecord.read(in: MemoryFolder.path)
    require(
        again?.port == record.port && again?.process == record.process, "\(record) and \(String(describing: again))")
}
