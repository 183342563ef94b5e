import Logging
import Runtime
import Testing

@Suite("Secrets")
struct SecretTests {
    private static let value = "hunter2-τελεία"

    @Test("a secret is read from its file, without the newline at the end")
    func fromFile() throws {
        let folder = try TemporaryFolder()
        for (text, expected) in [("\(Self.value)\n", Self.value), ("a\n\n", "a\n"), ("a\r\n", "a"), (" a ", " a ")] {
            let path = try folder.file("password", text)
            let reader = try ServiceConfigurationReader(
                flags: [:], environment: ["SLUICE_POSTGRES_PASSWORD_FILE": path])
            let secret = try #require(try reader.secret("postgres.password"))
            #expect(secret.withValue { $0 } == expected)
            #expect(reader.warnings.isEmpty)
            try reader.finish()
        }
    }

    @Test("a file that everybody may read gives a warning, a value given directly is refused")
    func rules() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("password", Self.value, mode: 0o644)
        let reader = try ServiceConfigurationReader(flags: ["postgres.password-file": path], environment: [:])
        #expect(try reader.secret("postgres.password") != nil)
        #expect(reader.warnings.count == 1 && reader.warnings[0].contains("can be read by every user"))

        let direct = try ServiceConfigurationReader(flags: [:], environment: ["SLUICE_POSTGRES_PASSWORD": Self.value])
        let error = #expect(throws: RuntimeError.self) { _ = try direct.secret("postgres.password") }
        #expect(error?.message.contains("SLUICE_POSTGRES_PASSWORD_FILE") == true)
        #expect(error.map { "\($0)\($0.context)" }?.contains(Self.value) == false)
    }

    @Test("empty, binary and missing files are errors that name the path")
    func badFiles() throws {
        let folder = try TemporaryFolder()
        for path in [try folder.file("empty", "\n"), try folder.file("binary", "a\0b"), folder.path + "/none"] {
            let reader = try ServiceConfigurationReader(flags: ["token-file": path], environment: [:])
            let error = #expect(throws: RuntimeError.self) { _ = try reader.secret("token") }
            #expect(error?.code == .secretFile && error?.message.contains(path) == true)
        }
        let none = try ServiceConfigurationReader(flags: [:], environment: [:])
        #expect(try none.secret("token") == nil)
        let error = #expect(throws: RuntimeError.self) { _ = try none.requiredSecret("token") }
        #expect(error?.message.hasPrefix("token-file is required") == true)
    }

    // pitfall: operations-secrets
    @Test("a secret shows itself nowhere")
    func neverPrinted() throws {
        struct Holder {
            var secret: Secret
            var other = 1
        }
        let secret = Secret(Self.value)
        var dumped = ""
        dump(Holder(secret: secret), to: &dumped)
        let lines = CollectedLines()
        var logger = Logger(label: "t") { _ in StructuredLogHandler(service: "t", sink: lines) }
        logger[metadataKey: "secret"] = "\(secret)"
        logger.info("x \(secret)", metadata: ["holder": "\(Holder(secret: secret))", "s": .stringConvertible(secret)])
        let shown = ["\(secret)", String(reflecting: secret), dumped, "\(Holder(secret: secret))"] + lines.all
        for text in shown { #expect(!text.contains("hunter2"), "\(text)") }
    }

    // pitfall: operations-secrets
    @Test("no output of the configuration shows a password that someone put into a connection string")
    func neverInConfiguration() throws {
        let folder = try TemporaryFolder()
        let tokenFile = try folder.file("token", Self.value, mode: 0o644)
        let reader = try ServiceConfigurationReader(
            flags: ["admin.token-file": tokenFile],
            environment: [
                "SLUICE_POSTGRES": "host=db password=\(Self.value)", "SLUICE_N": "password=\(Self.value)",
                "SLUICE_OTHER": "postgresql://u:\(Self.value)@db/x",
            ])
        var shown: [String] = []
        #expect(try reader.string("postgres").contains(Self.value))
        for read in [{ _ = try reader.int("n", in: 0...1) }, { _ = try reader.bool("other") }] {
            do { try read() } catch { shown.append("\(error) \((error as? RuntimeError)?.context ?? [:])") }
        }
        let token = try reader.requiredSecret("admin.token")
        try reader.finish()
        shown += reader.effective().map { "\($0)" } + reader.warnings + ["\(token)"]
        #expect(shown.count == 6)
        for text in shown { #expect(!text.contains("hunter2"), "\(text)") }
    }

    @Test("comparison takes equal for equal and nothing else")
    func comparison() {
        let secret = Secret("abc")
        #expect(secret.equals("abc"))
        for other in ["", "ab", "abd", "abcabc", "abcd", "Abc"] { #expect(!secret.equals(other)) }
        #expect(Secret("").equals("") && !Secret("").equals("a"))
    }
}
