import Foundation
import Glibc
import HTTP
import LocalServers
import Objectives
import Testing

@testable import Hooks

/// `deploy/alerting/receiver.py` as a process of its own, with messages that are signed right, wrong and not at all.
@Suite(.serialized, .timeLimit(.minutes(3))) final class ReceiverExampleTests {
    private static let other = "whsec_" + Data(repeating: 9, count: 32).base64EncodedString()

    private let folder: String
    private let receiver: ChildProcess
    private var url = ""

    init() async throws {
        folder = FileManager.default.temporaryDirectory.path + "/" + TestServers.uniqueName("receiver")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("\(RunningDispatcher.secret)\n\(Self.other)\n".utf8).write(
            to: URL(fileURLWithPath: "\(folder)/secret"))
        receiver = try Self.start([
            "--secret-file", "\(folder)/secret", "--port", "0", "--out", "\(folder)/alerts.jsonl",
        ])
        let line = try await receiver.waitForLine(timeout: .seconds(90)) { $0.hasPrefix("listening on port ") }
        url = "http://127.0.0.1:\(line.dropFirst("listening on port ".count))/"
    }

    deinit {
        receiver.kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func whatADispatcherSendsIsTaken() async throws {
        let running = try RunningDispatcher([url])
        var alert = Alert.sample("SluiceFreshness")
        alert.annotations["cause"] = "PostgreSQL refuses\u{1B}[31m\nconnections"
        running.dispatcher.evaluated([alert])
        let line = try await receiver.waitForLine { $0.contains("SluiceFreshness") }
        #expect(
            line == "firing page spend-aggregator SluiceFreshness SluiceFreshness is wrong "
                + "cause: PostgreSQL refuses [31m connections")
        try await until("the message was delivered") {
            running.metric("sluice_hook_messages_total{outcome=\"delivered\"}") == "1"
        }
        running.dispatcher.evaluated([alert.ended()])
        try await receiver.waitForLine { $0.hasPrefix("resolved page") }
        try await running.stop()
        let kept = try keptLines()
        #expect(kept.map(\.status) == ["firing", "resolved"])
        #expect(kept.allSatisfy { $0.fingerprint == alert.fingerprint })
    }

    @Test func eitherOfTwoSecretsWillDo() async throws {
        for secret in [RunningDispatcher.secret, Self.other] {
            #expect(try await post(Signed(secrets: [secret])).status == 200)
            #expect(try await post(Signed(secrets: [Self.unknown, secret])).status == 200)
        }
        #expect(try keptLines().count == 4)
    }

    @Test func wrongSignatures() async throws {
        var tampered = Signed()
        tampered.body[tampered.body.count - 3] ^= 1
        var renamed = Signed()
        renamed.id = "msg_other"
        var moved = Signed()
        moved.timestamp += 1
        var unsigned = Signed()
        unsigned.signature = ""
        var otherVersion = Signed()
        otherVersion.signature = otherVersion.signature.replacingOccurrences(of: "v1,", with: "v2,")
        var cut = Signed()
        cut.signature.removeLast(4)
        for message in [Signed(secrets: [Self.unknown]), tampered, renamed, moved, unsigned, otherVersion, cut] {
            #expect(try await post(message).status == 401)
        }
        #expect(try keptLines().isEmpty)
    }

    @Test(arguments: [-301, 301])
    func timestampsThatAreFarFromNow(seconds: Int64) async throws {
        let response = try await post(Signed(age: seconds + (seconds < 0 ? -5 : 5)))
        #expect(response.status == 401 && response.text.contains("too far from now"))
        #expect(try await post(Signed(age: seconds < 0 ? -280 : 280)).status == 200)
        #expect(try keptLines().count == 1)
    }

    @Test func aMessageThatComesAgain() async throws {
        let message = Signed()
        #expect(try await post(message).text == "taken\n")
        #expect(try await post(message).text == "known already\n")
        // A later attempt has a timestamp and so a signature of its own.
        var later = Signed(age: -1)
        later.id = message.id
        #expect(try await post(later.signedAgain()).text == "known already\n")
        #expect(try keptLines().count == 1)
    }

    @Test func whatIsNoAlert() async throws {
        for text in ["", "[]", "{}", "{\"alerts\":[1]}", "\u{0}"] {
            var message = Signed()
            message.body = Array(text.utf8)
            #expect(try await post(message.signedAgain()).status == 400)
        }
        #expect(receiver.isRunning)
        // What was refused may come again, mended.
        #expect(try await post(Signed()).status == 200)
    }

    @Test(arguments: [nil, "", "nonsense", "whsec_%%%", "whsec_"])
    func aFileWithoutSecrets(text: String?) async throws {
        let file = "\(folder)/other"
        if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) }
        let process = try Self.start(["--secret-file", file, "--port", "0"])
        defer { process.kill() }
        #expect(try await process.wait(timeout: .seconds(90), killAfterwards: true) == .exited(1))
        #expect(process.standardError.contains(file))
    }

    // MARK: -

    private static let unknown = "whsec_" + Data(repeating: 1, count: 32).base64EncodedString()

    /// A message and its signature, to be spoilt.
    private struct Signed {
        var id = HookWorker.makeID()
        var timestamp: Int64
        var body = HookBody(service: "archiver", alerts: [.sample("A")], limits: HookLimits()).encoded()
        var signature = ""
        var secrets: [String]

        init(secrets: [String] = [RunningDispatcher.secret], age: Int64 = 0) {
            self.secrets = secrets
            timestamp = Int64(Date().timeIntervalSince1970) + age
            self = signedAgain()
        }

        func signedAgain() -> Signed {
            var result = self
            result.signature = secrets.map { HookSecret($0)!.signature(id: id, timestamp: timestamp, body: body) }
                .joined(separator: " ")
            return result
        }
    }

    private struct Kept: Decodable {
        var status: String
        var fingerprint: String
    }

    private static func start(_ arguments: [String]) throws -> ChildProcess {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy/alerting/receiver.py").path
        return try ChildProcess(ChildProcess.Configuration("python3", ["-B", script] + arguments))
    }

    private func post(_ message: Signed) async throws -> HTTPResponse {
        var request = HTTPRequest(url: url, body: message.body)
        request.headers = [
            ("webhook-id", message.id), ("webhook-timestamp", String(message.timestamp)),
            ("webhook-signature", message.signature),
        ]
        return try await withCheckedContinuation { continuation in
            Thread.detachNewThread { [request] in
                continuation.resume(returning: Result { () throws(HTTPError) in try HTTPClient.send(request) })
            }
        }.get()
    }

    private func keptLines() throws -> [Kept] {
        guard let data = FileManager.default.contents(atPath: "\(folder)/alerts.jsonl") else { return [] }
        return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Kept.self, from: $0) }
    }
}
