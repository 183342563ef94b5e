import Foundation
import Glibc

@testable import Postgres
@testable import Runtime
@testable import Sluice

/// The keys that the service reads, and how.
private let textKeys = [
    "kafka.brokers", "kafka.topic", "kafka.group", "kafka.instance-id", "kafka.ca-file", "postgres", "schema-prefix",
    "job", "admin.address", "log.format",
]
private let durationKeys = ["kafka.session-timeout", "dedup.horizon", "watermark.delay", "checkpoint.interval"]
private let knownKeys = Set(textKeys + durationKeys + ["config", "admin.port"])

/// Any bytes as the JSON file of settings: refused with an error that names the file, or read as Foundation's parser
/// of another kind reads it.
func fuzzConfigurationFile(_ bytes: UnsafeRawBufferPointer) {
    file.replace(with: bytes)
    let parsed: [String: String]
    do {
        parsed = try ConfigurationFile(path: file.path).values
        requireSameTexts(parsed, bytes)
    } catch {
        requireRuntimeError(error, naming: file.path)
        return
    }
    do {
        let reader = try ServiceConfigurationReader(flags: ["config": file.path], environment: [:])
        for key in textKeys {
            // A key that is given wins over the default; an empty text is an error.
            let given = parsed[key]
            let value = try? reader.string(key, default: "fallback")
            require(
                given == "" ? value == nil : value == given ?? "fallback", "\(key) is \(shown(value ?? "nil"))")
        }
        for key in durationKeys { _ = try? reader.milliseconds(key, in: 1...1_000_000, default: 1) }
        _ = try? reader.int("admin.port", in: 0...65_535, default: 0)
        requireRedacted(reader.effective())
        let unknown = parsed.keys.filter { !knownKeys.contains($0) }
        do {
            try reader.finish()
            require(unknown.isEmpty, "unknown keys passed: \(unknown.map(shown))")
        } catch {
            require(!unknown.isEmpty, "a known key is refused: \(error)")
        }
    } catch {
        requireRuntimeError(error, naming: file.path)
    }
}

private let file = MemoryFile("configuration.json")

private func requireRuntimeError(_ error: any Error, naming path: String) {
    guard let error = error as? RuntimeError else {
        require(false, "not an error of ours: \(error)")
        return
    }
    require(error.message.contains(path), "does not name the file: \(error.message)")
}

/// What Foundation's untyped parser makes of the same file: the same keys, and the same texts where they are texts.
private func requireSameTexts(_ parsed: [String: String], _ bytes: UnsafeRawBufferPointer) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
        require(false, "read, but no JSON object for Foundation")
        return
    }
    var keys: Set<String> = []
    func walk(_ value: Any, _ key: String) {
        if let members = value as? [String: Any] {
            for (name, member) in members { walk(member, key.isEmpty ? name : "\(key).\(name)") }
            return
        }
        keys.insert(key)
        if let text = value as? String {
            require(parsed[key].map { same($0, text) } == true, "\(shown(key)) is \(shown(parsed[key] ?? "nil"))")
        } else if let number = value as? NSNumber, let value = parsed[key], let read = Double(value) {
            require(sameNumber(read, number), "\(shown(key)) is \(value) instead of \(number)")
        }
    }
    walk(object, "")
    require(keys == Set(parsed.keys), "keys: \(keys.map(shown)) and \(parsed.keys.map(shown))")
}

/// Whether a double is what Foundation's number says by its text. Its `doubleValue` is no judge: of a number with many
/// digits Foundation keeps a decimal of 38, and makes a double of it by repeated multiplication, which is off in the last
/// places. Where digits were cut off, the double next to it is right as well.
private func sameNumber(_ read: Double, _ number: NSNumber) -> Bool {
    let text = number.description
    guard let judged = Double(text) else { return false }
    return read == judged || text.count >= 38 && abs(read - judged) <= judged.ulp
}

/// Lines as a command line and an environment: `f KEY=VALUE` is a flag, `e NAME=VALUE` a variable.
///
/// A flag wins over a variable; what is out of range is refused with an error that names the key; a secret is never
/// taken as a value; a password in a connection string is never shown.
func fuzzSettings(_ bytes: UnsafeRawBufferPointer) {
    var flags: [String: String] = [:]
    var environment: [String: String] = [:]
    for line in FuzzInput.lines(bytes) {
        guard let equals = line.unicodeScalars.firstIndex(of: "=") else { continue }
        let name = String(line[..<equals].dropFirst(2))
        let value = String(line.unicodeScalars[line.unicodeScalars.index(after: equals)...])
        // Flags come from a list of the program's own: any name that is no key is a programmer's mistake.
        if line.hasPrefix("f ") {
            if knownKeys.contains(name), name != "config" { flags[name] = value }
        } else if line.hasPrefix("e "), name != "SLUICE_CONFIG" {
            environment[name] = value
        }
    }
    let reader: ServiceConfigurationReader
    do {
        reader = try ServiceConfigurationReader(flags: flags, environment: environment)
    } catch {
        require(false, "no file is named, and yet: \(error)")
        return
    }
    for key in textKeys { requireText(key, reader, flags, environment) }
    for key in durationKeys {
        requireRange(key) {
            try reader.milliseconds(key, in: 10...86_400_000, default: 1_000)
        } in: {
            (10...86_400_000).contains($0)
        }
    }
    requireRange("admin.port") {
        try reader.int("admin.port", in: 0...65_535, default: 9)
    } in: {
        (0...65_535).contains($0)
    }
    _ = try? reader.bool("a.flag", default: false)
    _ = try? reader.bytes("a.size", default: 0)
    do {
        let secret = try reader.secret("postgres.password")
        require(environment["SLUICE_POSTGRES_PASSWORD", default: ""].isEmpty, "a secret was taken as a value")
        if let secret { require("\(secret)" == "<secret>", "a secret shows itself") }
    } catch {
        require(error is RuntimeError, "\(error)")
        let value = environment["SLUICE_POSTGRES_PASSWORD", default: ""]
        // A path that cannot be read is named; the value never is, unless the words of the message hold it.
        if value.utf8.count > 12 { require(!"\(error)".holds(value) || paths(environment).holds(value), "\(error)") }
    }
    requireRedacted(reader.effective())
    do {
        try reader.finish(alsoKnown: ["a.flag", "a.size"])
    } catch {
        require(false, "all flags are known, and yet: \(error)")
    }
}

private func paths(_ environment: [String: String]) -> String {
    environment["SLUICE_POSTGRES_PASSWORD_FILE", default: ""] + " postgres.password postgres.password-file "
}

private func requireText(
    _ key: String, _ reader: ServiceConfigurationReader, _ flags: [String: String], _ environment: [String: String]
) {
    let variable = environment[ServiceConfigurationReader.environmentName(of: key)].flatMap { $0.isEmpty ? nil : $0 }
    let given = flags[key] ?? variable
    do {
        let value = try reader.string(key, default: "fallback")
        require(same(value, given ?? "fallback"), "\(key) is \(shown(value)) instead of \(shown(given ?? "fallback"))")
    } catch {
        require(flags[key] == "", "\(key): \(error)")
    }
}

private func requireRange<Value>(_ key: String, _ read: () throws -> Value, in isAllowed: (Value) -> Bool) {
    do {
        let value = try read()
        require(isAllowed(value), "\(key) is \(value)")
    } catch {
        require((error as? RuntimeError)?.message.contains(key) == true, "does not name \(key): \(error)")
    }
}

/// No password of the connection string, as libpq reads it, is in what is shown.
private func requireRedacted(_ entries: [ConfigurationEntry]) {
    for entry in entries where entry.key == "postgres" {
        for secret in ConnectionString(entry.value)?.secrets ?? [] {
            require(secret.isEmpty || secret == "<secret>" || secret.utf8.count < 3, "shown: \(shown(entry.value))")
        }
    }
}

/// The three readers of files that hold a secret: the text without its line end, or an error that does not show it.
func fuzzSecretFile(_ bytes: UnsafeRawBufferPointer) {
    secretFile.replace(with: bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    func requireContent(_ secret: String, _ who: String) {
        require(!secret.utf8.contains(0), "\(who) takes a zero byte")
        require(!secret.isEmpty, "\(who) takes an empty secret")
        let rest = text.utf8.dropFirst(secret.utf8.count)
        require(
            text.utf8.starts(with: secret.utf8) && rest.allSatisfy { $0 == 10 || $0 == 13 },
            "\(who) reads \(shown(secret)) from \(shown(text))")
    }
    func requireSilent(_ error: any Error, _ who: String) {
        let message = "\(error)"
        require(message.contains(secretFile.path), "\(who) does not name the file: \(message)")
        // Longer than what the message may say for itself.
        if text.utf8.count > 12 { require(!message.holds(text), "\(who) shows the secret: \(message)") }
    }
    do {
        let reader = try ServiceConfigurationReader(flags: ["a.password-file": secretFile.path], environment: [:])
        try reader.secret("a.password")?.withValue { requireContent($0, "the service") }
    } catch {
        requireSilent(error, "the service")
    }
    do throws(PostgresError) {
        requireContent(try SecretFile.read(secretFile.path), "the database client")
    } catch {
        requireSilent(error, "the database client")
    }
    do {
        requireContent(try Environment.secret(inFile: secretFile.path), "the command")
    } catch {
        requireSilent(error, "the command")
    }
}

private let secretFile = MemoryFile("secret")
