import Logging
import Runtime
import Testing

@Suite("Configuration")
struct ConfigurationTests {
    enum Level: String, CaseIterable { case debug, info }

    private func reader(
        flags: [String: String?] = [:], environment: [String: String] = [:]
    ) throws -> ServiceConfigurationReader {
        try ServiceConfigurationReader(flags: flags, environment: environment)
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test("flags come before environment, environment before the file, the file before defaults")
    func precedence() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "c.json", #"{"kafka": {"brokers": "file:1", "group": "file", "topic": "file"}, "log.level": "debug"}"#)
        let reader = try reader(
            flags: ["kafka.brokers": "flag:1", "kafka.group": nil, "config": path],
            environment: [
                "SLUICE_KAFKA_BROKERS": "env:1", "SLUICE_KAFKA_GROUP": "env", "SLUICE_KAFKA_TOPIC": "", "X": "y",
            ])
        #expect(try reader.string("kafka.brokers") == "flag:1")
        #expect(try reader.string("kafka.group") == "env")
        #expect(try reader.string("kafka.topic") == "file")
        #expect(try reader.string("kafka.client", default: "sluice") == "sluice")
        #expect(try reader.choice("log.level", of: Level.self) == .debug)
        #expect(try reader.optionalString("kafka.none") == nil)
        try reader.finish()
        #expect(
            reader.effective().map { "\($0.key)=\($0.value) (\($0.source))" } == [
                "config=\(path) (flag --config)",
                "kafka.brokers=flag:1 (flag --kafka-brokers)",
                "kafka.client=sluice (default)",
                "kafka.group=env (environment SLUICE_KAFKA_GROUP)",
                "kafka.topic=file (file \(path))",
                "log.level=debug (file \(path))",
            ])
        #expect(reader.warnings.isEmpty)
    }

    @Test("the file may be named by SLUICE_CONFIG, and holds numbers and flags as they are in JSON")
    func fileValues() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "c.json", #"{"a": {"int": 12, "flag": true, "big": 9007199254740993, "wait": "15m"}}"#)
        let reader = try reader(environment: ["SLUICE_CONFIG": path])
        #expect(try reader.int("a.int", in: 0...100) == 12)
        #expect(try reader.bool("a.flag"))
        #expect(try reader.int("a.big", in: 0...Int.max) == 9_007_199_254_740_993)
        #expect(try reader.milliseconds("a.wait") == 900_000)
        #expect(reader.effective().first { $0.key == "config" }?.source == .environment("SLUICE_CONFIG"))
        // 1 is not true, and true is not 1: the types of the file are kept apart.
        #expect(message { _ = try reader.bool("a.int") }.contains("expected true or false"))
        #expect(message { _ = try reader.int("a.flag", in: 0...9) }.contains("is \"true\"; expected a whole number"))
    }

    @Test(
        "durations",
        arguments: [
            ("500ms", 500), ("0", 0), ("0s", 0), ("10s", 10_000), ("15m", 900_000), ("48h", 172_800_000),
            ("7d", 604_800_000),
        ] as [(String, Int64)])
    func durations(text: String, milliseconds: Int64) throws {
        #expect(try reader(flags: ["wait": text]).milliseconds("wait") == milliseconds)
    }

    @Test(
        "what is not a duration",
        arguments: ["", "10", "s", "-1s", "1.5s", "10 s", "+1s", "10S", "1h30m", "9223372036854775807h", "１s"])
    func badDurations(text: String) throws {
        let message = message { _ = try reader(flags: ["wait": text]).milliseconds("wait") }
        #expect(message == "wait from flag --wait is \"\(text)\"; expected a duration such as 500ms, 10s, 15m or 48h")
    }

    @Test(
        "sizes",
        arguments: [
            ("4096", 4_096), ("0", 0), ("1B", 1), ("64kB", 64_000), ("16MiB", 16 << 20), ("1GiB", 1 << 30),
            ("2MB", 2_000_000),
        ] as [(String, Int64)])
    func sizes(text: String, bytes: Int64) throws {
        #expect(try reader(flags: ["size": text]).bytes("size") == bytes)
    }

    @Test("errors name the key, who said it, what was said and what is expected")
    func errors() throws {
        let environment = [
            "SLUICE_N": "12x", "SLUICE_M": "7", "SLUICE_LEVEL": "loud", "SLUICE_B": "maybe", "SLUICE_SIZE": "3 MB",
            "SLUICE_D": "2h",
        ]
        let reader = try reader(environment: environment)
        #expect(
            message { _ = try reader.int("n", in: 1...5) }
                == "n from environment SLUICE_N is \"12x\"; expected a whole number from 1 to 5")
        #expect(
            message { _ = try reader.int("m", in: 1...5) }.hasPrefix("m from environment SLUICE_M is \"7\"; expected"))
        #expect(
            message { _ = try reader.choice("level", of: Level.self) }
                == "level from environment SLUICE_LEVEL is \"loud\"; expected one of debug, info")
        #expect(message { _ = try reader.bool("b") }.hasSuffix("is \"maybe\"; expected true or false"))
        #expect(message { _ = try reader.bytes("size") }.hasSuffix("expected a size such as 4096, 64kB, 16MiB or 1GiB"))
        #expect(
            message { _ = try reader.milliseconds("d", in: 1_000...3_600_000) }
                == "d from environment SLUICE_D is \"2h\"; "
                + "expected a duration such as 500ms, 10s, 15m or 48h, from 1s to 1h"
        )
        #expect(
            message { _ = try reader.string("kafka.brokers") }
                == "kafka.brokers is required: give a text with --kafka-brokers, SLUICE_KAFKA_BROKERS, "
                + "or kafka.brokers in a file named by --config")
        #expect(message { _ = try self.reader(flags: ["a": ""]).string("a", default: "x") }.contains("not empty"))
    }

    @Test("integers may be grouped, and nothing else")
    func integers() throws {
        #expect(try reader(flags: ["n": "1_000_000"]).int("n", in: 0...10_000_000) == 1_000_000)
        #expect(try reader(flags: ["n": "-5"]).int("n", in: -10...0) == -5)
        for text in ["_1", "1_", "+1", "1e3", "0x10", "", " 1", "99999999999999999999"] {
            #expect(message { _ = try reader(flags: ["n": text]).int("n", in: Int.min...Int.max) }.contains("expected"))
        }
    }

    @Test("unknown keys of flags and file are errors with the nearest name, unknown variables are warnings")
    func unknownKeys() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("c.json", #"{"kafka": {"brokres": "a:1"}, "zzzzzzzzzz": 1}"#)
        let reader = try reader(
            flags: ["config": path, "postgers": "x"],
            environment: ["SLUICE_KAFKA_BROKER": "b", "SLUICE_ADMIN_SERVICE_HOST": "10.0.0.1"])
        _ = try reader.string("kafka.brokers", default: "")
        _ = try reader.optionalString("postgres")
        let error = #expect(throws: RuntimeError.self) { try reader.finish() }
        #expect(error?.code == .configurationUnknownKey)
        #expect(
            error?.message
                == "unknown configuration: --postgers (did you mean --postgres?), "
                + "kafka.brokres in file \(path) (did you mean kafka.brokers?), zzzzzzzzzz in file \(path)")
        #expect(
            reader.warnings == [
                "unknown variable SLUICE_ADMIN_SERVICE_HOST is ignored",
                "unknown variable SLUICE_KAFKA_BROKER is ignored; did you mean SLUICE_KAFKA_BROKERS?",
            ])
        try reader.finishKnowingAll()
    }

    @Test(
        "files that are no configuration",
        arguments: [
            ("[1]", "must hold one JSON object"), ("{\"a\": ", "is not valid JSON"), ("", "is not valid JSON"),
            ("{\"a\": [1, 2]}", "a in the configuration file"),
            ("{\"kafka.brokers\": \"a:1\", \"kafka..brokers\": \"b:1\"}", "an empty name"),
            ("{\"\": {\"a\": 1}}", "an empty name"),
            ("{\"a\": {\"b\": null}}", "a.b in the configuration file"),
            ("{\"a\": {\"b\": 1}, \"a.b\": 2}", "gives a.b twice"),
            ("{\"job\": \"x\", \"job\": \"y\"}", "has \"job\" twice"),
            ("{\"a\": {\"b\" : 1, \"b\"\n: 1}}", "has \"b\" twice"), ("{\"a\": 1, \"\\u0061\": 1}", "has \"a\" twice"),
            // The parser does not look at the second value at all.
            ("{\"a\": 1.5e3, \"a\": 1.5e3e3}", "has \"a\" twice"),
        ])
    func badFiles(text: String, expected: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("c.json", text)
        let error = #expect(throws: RuntimeError.self) { _ = try reader(flags: ["config": path]) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(path) == true)
        #expect(error?.exitCode == .configuration)
    }

    @Test("a name may stand in two objects, and in a text")
    func namesThatAreNotTwice() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "c.json", #"{"a": {"b": "x"}, "c": {"b": "\\"}, "b": "b", "d": "{\"b\": 1, \"b\": 2}"}"#)
        let reader = try reader(flags: ["config": path])
        #expect(try reader.string("a.b", default: "") == "x")
        #expect(try reader.string("c.b", default: "") == #"\"#)
        #expect(try reader.string("b", default: "") == "b")
        #expect(try reader.string("d", default: "") == #"{"b": 1, "b": 2}"#)
    }

    @Test("a file that is not there, a folder and a file that is too large say so")
    func unreadableFiles() throws {
        let folder = try TemporaryFolder()
        #expect(
            message { _ = try reader(flags: ["config": folder.path + "/none.json"]) }
                == "the configuration file \(folder.path)/none.json cannot be read: No such file or directory")
        #expect(message { _ = try reader(flags: ["config": folder.path]) }.hasSuffix("it is not a regular file"))
        let large = try folder.file("large.json", String(repeating: " ", count: 1 << 21))
        #expect(message { _ = try reader(flags: ["config": large]) }.contains("at most 1048576 are read"))
    }

    @Test("the settings of every service")
    func commonSettings() throws {
        let folder = try TemporaryFolder()
        let given = try reader(
            flags: ["log.format": "text", "admin.port": "0"],
            environment: [
                "SLUICE_LOG_LEVEL": "debug", "SLUICE_ADMIN_ADDRESS": "0.0.0.0",
                "SLUICE_ADMIN_TOKEN_FILE": try folder.file("token", "abc\n"),
            ])
        let log = try given.logSettings()
        #expect(log.format == .text && log.level == .debug)
        let admin = try given.adminSettings(defaultPort: 9_400)
        #expect(admin.address == "0.0.0.0" && admin.port == 0 && admin.token?.equals("abc") == true)
        try given.finish()
        let none = try reader()
        let defaults = try none.adminSettings(defaultPort: 9_400)
        #expect(defaults.address == "127.0.0.1" && defaults.port == 9_400 && defaults.token == nil)
        #expect(try none.logSettings().format == .json)
    }

    @Test("nothing is interpolated")
    func noInterpolation() throws {
        let reader = try reader(flags: ["a": "${SLUICE_B} $SLUICE_B"], environment: ["SLUICE_B": "x"])
        #expect(try reader.string("a") == "${SLUICE_B} $SLUICE_B")
    }

    @Test(
        "passwords leave connection strings before anyone sees them",
        arguments: [
            ("host=db password=hunter2 user=x", "host=db password=<secret> user=x"),
            ("password = 'hun ter\\'2' user=x", "password = <secret> user=x"),
            ("host=db password='hun'ter2 user=x", "host=db password=<secret> user=x"),
            ("PGPASSWORD=hunter2", "PGPASSWORD=<secret>"),
            ("postgresql://u:hunter2@db:5432/x", "postgresql://u:<secret>@db:5432/x"),
            ("postgresql://u:hun@ter2@db/x?sslmode=require", "postgresql://u:<secret>@db/x?sslmode=require"),
            (
                "postgresql://db/x?user=u&password=hunter2&sslmode=require",
                "postgresql://db/x?user=u&password=<secret>&sslmode=require"
            ),
            ("postgresql://db:5432/x", "postgresql://db:5432/x"),
            ("host=db password=", "host=db password=<secret>"),
            ("host=db password=hun&ter=2 user=x", "host=db password=<secret> user=x"),
            ("postgres://db/x?password='a' b&user=u", "postgres://db/x?password=<secret>&user=u"),
            ("host=db password=\u{301}hunter2 user=x", "host=db password=<secret> user=x"),
            ("postgresql://u x:hun ter2@db/x", "postgresql://u x:<secret>@db/x"),
            ("see postgresql://u:hunter2@db/x and me@home", "see postgresql://u:<secret>@db/x and me@home"),
            ("postgresql://db/x?pass%77ord=hunter2", "postgresql://db/x?pass%77ord=<secret>"),
            ("host=/run/postgresql dbname=x", "host=/run/postgresql dbname=x"),
        ])
    func redaction(text: String, expected: String) {
        #expect(ConnectionText.redacted(text).utf8.elementsEqual(expected.utf8), "\(ConnectionText.redacted(text))")
    }
}

extension ServiceConfigurationReader {
    /// Knowing every key that was given, there is nothing to complain about.
    fileprivate func finishKnowingAll() throws {
        try finish(alsoKnown: ["postgers", "kafka.brokres", "zzzzzzzzzz"])
    }
}
