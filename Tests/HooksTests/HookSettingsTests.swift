import Foundation
import Glibc
import LocalServers
import Runtime
import ServiceCommand
import Testing

@testable import Hooks

/// Settings from flags and files, as every service reads them.
@Suite final class HookSettingsTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/" + TestServers.uniqueName("hook-settings")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    @Test func withoutAURLThereAreNone() throws {
        #expect(try read([:]).hooks == nil)
        #expect(try read(["hooks.allow": "example.org"]).hooks == nil)
    }

    @Test func everythingGiven() throws {
        let (hooks, effective) = try read([
            "hooks.url": "https://user:pa55word@Example.org/s3cret?token=1, http://10.0.0.7:8080/s3cret",
            "hooks.allow": "example.org, 10.0.0.7,[fd00::1]", "hooks.secret-file": try secretFile(),
            "hooks.ca-file": "/etc/ca.pem", "hooks.group-wait": "1s", "hooks.group-interval": "2s",
            "hooks.repeat-interval": "3s", "hooks.give-up": "4s", "hooks.timeout": "500ms",
        ])
        let configuration = try #require(hooks)
        #expect(configuration.targets.map(\.description) == ["https://example.org", "http://10.0.0.7:8080"])
        #expect(configuration.secrets.count == 1)
        #expect(configuration.certificateAuthorityFile == "/etc/ca.pem")
        var timing = HookTiming()
        timing.groupWaitMilliseconds = 1_000
        timing.groupIntervalMilliseconds = 2_000
        timing.repeatIntervalMilliseconds = 3_000
        timing.giveUpMilliseconds = 4_000
        timing.timeoutMilliseconds = 500
        #expect(configuration.timing == timing)
        let shown = effective.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        #expect(shown.contains("hooks.url=https://example.org/…,http://10.0.0.7:8080/…"))
        var dumped = "\(configuration)"
        dump(configuration, to: &dumped)
        for secret in ["pa55word", "s3cret", "token", "whsec", "MfKQ"] {
            #expect(!shown.contains(secret) && !dumped.contains(secret))
        }
    }

    @Test func defaults() throws {
        let hooks = try read(["hooks.url": "https://example.org/x", "hooks.secret-file": try secretFile()]).hooks
        #expect(hooks?.timing == HookTiming())
        #expect(hooks?.certificateAuthorityFile == nil)
        #expect(hooks?.targets.first?.isListed == false)
    }

    @Test(
        arguments: [
            (["hooks.url": "http://example.org/s3cret"], "only https is called, or a host that hooks.allow lists"),
            (
                ["hooks.url": "https://example.org/s3cret", "hooks.allow": "example.com"],
                "example.org, which is not listed"
            ),
            (["hooks.url": "https://example.com,nonsense/s3cret"], "the URL number 2 is no URL"),
            (["hooks.url": "ftp://example.org/s3cret"], "neither an http nor an https URL"),
            (["hooks.url": "https://example.org@evil.example/s3cret", "hooks.allow": "example.org"], "evil.example"),
            (["hooks.url": " , "], "expected 1 to 16 URLs"),
            (["hooks.url": "https://example.org/s3cret", "hooks.allow": "https://example.org"], "without scheme"),
            (["hooks.url": "https://example.org/s3cret", "hooks.allow": "example.org:443"], "without scheme, port"),
            (["hooks.url": "https://example.org/s3cret", "hooks.group-wait": "1h"], "hooks.group-wait"),
            (
                ["hooks.url": "https://example.org/s3cret", "hooks.secret": "whsec_s3cret"],
                "secrets are read from files"
            ),
        ] as [([String: String], String)])
    func whatIsRefusedSaysWhyAndKeepsSecrets(flags: [String: String], says: String) throws {
        let file = try secretFile()
        let error = #expect(throws: RuntimeError.self) {
            try read(flags.merging(["hooks.secret-file": file]) { own, _ in own })
        }
        let message = error?.message ?? ""
        #expect(message.contains(says), "\(message)")
        #expect(!message.contains("s3cret"), "\(message)")
        #expect(error?.exitCode == .configuration)
    }

    @Test func aURLNeedsASecret() throws {
        let error = #expect(throws: RuntimeError.self) { try read(["hooks.url": "https://example.org/"]) }
        #expect(error?.message.contains("hooks.secret-file is required") == true)
    }

    @Test(arguments: ["nonsense", "whsec_c2hvcnQ=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw nonsense"])
    func aFileWithoutSecrets(text: String) throws {
        let file = try secretFile(text)
        let error = #expect(throws: RuntimeError.self) {
            try read(["hooks.url": "https://example.org/", "hooks.secret-file": file])
        }
        #expect(error?.message.contains("must hold whsec_") == true)
        #expect(error?.message.contains("nonsense") == false && error?.message.contains("c2hv") == false)
    }

    // MARK: -

    @discardableResult
    private func read(_ flags: [String: String]) throws -> (hooks: HookConfiguration?, effective: [ConfigurationEntry])
    {
        let reader = try ServiceConfigurationReader(flags: flags.mapValues { $0 }, environment: [:])
        let hooks = try reader.hooks()
        try reader.finish()
        return (hooks, reader.effective())
    }

    private func secretFile(_ text: String = RunningDispatcher.secret) throws -> String {
        let path = "\(folder)/\(UUID().uuidString)"
        try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o600)
        return path
    }
}
