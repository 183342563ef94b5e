import Configuration
import Glibc
import Synchronization

/// A service's settings, from four places in this order: flags, environment (`SLUICE_…`), one JSON file, defaults.
///
/// A key is written with dots and dashes, `kafka.brokers`. Its flag is `--kafka-brokers`, its variable
/// `SLUICE_KAFKA_BROKERS`, its place in the file `{"kafka": {"brokers": …}}`. The file's path is the key `config`.
/// Nothing is interpolated. An empty variable counts as not given.
///
/// Read every key once at start, then call ``finish(alsoKnown:)``: what was given and never asked for is a typing
/// mistake. Errors are ``RuntimeError``s that name the key, who said it, what was said and what is expected.
public final class ServiceConfigurationReader: Sendable {
    static let environmentPrefix = "SLUICE_"

    private struct State {
        var asked: Set<String> = ["config"]
        var entries: [String: ConfigurationEntry] = [:]
        var warnings: [String] = []
    }

    private let reader: ConfigReader
    private let reporter = SourceReporter()
    private let sources: [Layer]
    private let flagKeys: [String]
    private let environmentNames: [String]
    private let file: ConfigurationFile?
    private let state = Mutex(State())

    private enum Layer {
        case flags, environment
        case file(path: String)
    }

    /// Collects what was given; reads the file if one is named.
    /// - Parameters:
    ///   - flags: What the command line gave, by key; nil means that the flag was not given.
    ///   - environment: All variables of the process; those without the prefix are ignored.
    /// - Throws: ``RuntimeError`` when the file is named and cannot be read or is not a JSON object.
    public init(
        flags: [String: String?],
        environment: [String: String] = ServiceConfigurationReader.processEnvironment()
    ) throws {
        let given = flags.compactMapValues { $0 }
        let variables = environment.filter { $0.key.hasPrefix(Self.environmentPrefix) && !$0.value.isEmpty }
        var providers: [any ConfigProvider] = [
            Self.provider(named: "flags", given),
            EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "sluice"),
        ]
        var sources: [Layer] = [.flags, .environment]
        let path = given["config"] ?? variables[Self.environmentName(of: "config")]
        file = try path.map(ConfigurationFile.init(path:))
        if let file {
            providers.append(Self.provider(named: "file", file.values))
            sources.append(.file(path: file.path))
        }
        self.sources = sources
        flagKeys = given.keys.sorted()
        environmentNames = variables.keys.sorted()
        reader = ConfigReader(providers: providers, accessReporter: reporter)
        if let path, let source = given["config"] == nil ? environmentSource("config") : flagSource("config") {
            state.withLock { $0.entries["config"] = ConfigurationEntry(key: "config", value: path, source: source) }
        }
    }

    /// The variables of this process.
    public static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        var cursor: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        while let entry = cursor.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            cursor += 1
        }
        return result
    }

    // MARK: Values

    /// Text that must be given by someone.
    public func string(_ key: String) throws -> String {
        guard let value = try optionalString(key) else { throw missing(key, expected: "a text") }
        return value
    }

    /// Text with a default.
    public func string(_ key: String, default defaultValue: String) throws -> String {
        guard let value = try optionalString(key) else {
            return record(key, default: defaultValue, shown: defaultValue)
        }
        return value
    }

    /// Text, or nil when nobody gives it.
    public func optionalString(_ key: String) throws -> String? {
        guard let (text, source) = raw(key) else { return nil }
        guard !text.isEmpty else { throw invalid(key, text, source, expected: "a text that is not empty") }
        record(key, shown: text, source: source)
        return text
    }

    /// Text of which only a part may be seen, such as a URL whose path is a secret; nil when nobody gives it.
    /// - Parameters:
    ///   - shown: What ``effective()`` shows of it.
    ///   - parse: Makes a value of it. The error that it throws must not hold the text either; which key it is and who gave it
    ///     is put before it.
    public func optionalHidden<Value>(
        _ key: String, shown: (Value) -> String, _ parse: (String) throws -> Value
    ) throws -> Value? {
        guard let (text, source) = raw(key) else { return nil }
        let value: Value
        do {
            value = try parse(text)
        } catch {
            throw RuntimeError(
                .configurationInvalid, "\(key) from \(source): \(error)",
                context: ["key": key, "source": source.description])
        }
        record(key, shown: shown(value), source: source)
        return value
    }

    /// A whole number in a range. Digits may be grouped: `1_000_000`.
    public func int(_ key: String, in range: ClosedRange<Int>, default defaultValue: Int? = nil) throws -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return try value(key, default: defaultValue, expected: expected, shown: { "\($0)" }) { text in
            ConfigurationValue.integer(text).flatMap(Int.init(exactly:)).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A duration in milliseconds, written `500ms`, `10s`, `15m`, `48h` or `7d`.
    public func milliseconds(
        _ key: String, in range: ClosedRange<Int64> = 0...Int64.max, default defaultValue: Int64? = nil
    ) throws -> Int64 {
        let expected =
            "a duration such as 500ms, 10s, 15m or 48h"
            + Self.bounds(range, text: ConfigurationValue.text(milliseconds:))
        return try value(key, default: defaultValue, expected: expected, shown: ConfigurationValue.text(milliseconds:))
        {
            ConfigurationValue.milliseconds($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number of bytes, written `4096`, `64kB`, `16MiB` or `1GiB`.
    public func bytes(
        _ key: String, in range: ClosedRange<Int64> = 0...Int64.max, default defaultValue: Int64? = nil
    ) throws -> Int64 {
        let expected = "a size such as 4096, 64kB, 16MiB or 1GiB" + Self.bounds(range, text: { "\($0)" })
        return try value(key, default: defaultValue, expected: expected, shown: { "\($0)" }) {
            ConfigurationValue.bytes($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// true, yes, on or 1; false, no, off or 0.
    public func bool(_ key: String, default defaultValue: Bool? = nil) throws -> Bool {
        try value(key, default: defaultValue, expected: "true or false", shown: { "\($0)" }, ConfigurationValue.bool)
    }

    /// One of an enumeration's raw values.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, of type: Choice.Type = Choice.self, default defaultValue: Choice? = nil
    ) throws -> Choice where Choice.RawValue == String {
        let expected = "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(key, default: defaultValue, expected: expected, shown: \.rawValue, Choice.init(rawValue:))
    }

    // MARK: Secrets

    /// A secret, read from the file named by the key with `-file` after it, or nil when no file is named.
    ///
    /// `secret("postgres.password")` reads the file that `postgres.password-file` names. One newline at the end is
    /// cut. A file that everybody may read gives a warning (``warnings``); a value given directly is refused.
    public func secret(_ key: String) throws -> Secret? {
        let fileKey = key + "-file"
        if let (_, source) = raw(key) {
            throw RuntimeError(
                .configurationInvalid,
                "\(key) from \(source) is refused: secrets are read from files; "
                    + "write it into a file and name that with \(places(of: fileKey))",
                context: ["key": key, "source": source.description])
        }
        guard let path = try optionalString(fileKey) else { return nil }
        let file = try BoundedFile(path: path, what: "the file of \(fileKey),", limit: 65_536, code: .secretFile)
        var bytes = file.bytes[...]
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw RuntimeError(
                .secretFile,
                "the file of \(fileKey), \(path), must hold one secret as UTF-8 text; it is empty or binary",
                context: ["key": fileKey, "path": path])
        }
        if file.isReadableByOthers {
            state.withLock {
                $0.warnings.append("the file of \(fileKey), \(path), can be read by every user: chmod o-r it")
            }
        }
        return Secret(text)
    }

    /// A secret that must be given.
    public func requiredSecret(_ key: String) throws -> Secret {
        guard let value = try secret(key) else { throw missing(key + "-file", expected: "the path of a file") }
        return value
    }

    // MARK: What was given and what holds

    /// What deserves a line in the log and did not stop the service.
    public var warnings: [String] { state.withLock { $0.warnings } }

    /// Every key that was read, by name, with its value and source. Secrets are only ever shown as the path of their
    /// file; passwords inside connection strings are taken out.
    public func effective() -> [ConfigurationEntry] {
        state.withLock { $0.entries.values.sorted { $0.key < $1.key } }
    }

    /// Looks for what was given and never asked for. Call it after the last key was read.
    ///
    /// A flag or a key of the file that nobody reads is an error. A variable is a warning only: a Kubernetes Service
    /// named `sluice…` puts variables of its own with this prefix into every container.
    /// - Parameter alsoKnown: Keys that other commands of the same service read.
    /// - Throws: ``RuntimeError`` `configuration_unknown_key` that lists all of them, each with the nearest known name.
    public func finish(alsoKnown: [String] = []) throws {
        let known = state.withLock { $0.asked }.union(alsoKnown)
        var problems: [String] = []
        for key in flagKeys where !known.contains(key) {
            problems.append(Self.flagName(of: key) + Self.hint(key, known, text: Self.flagName(of:)))
        }
        for key in (file?.values.keys.sorted() ?? []) where !known.contains(key) {
            problems.append("\(key) in file \(file?.path ?? "")" + Self.hint(key, known, text: { $0 }))
        }
        let names = Dictionary(known.map { (Self.environmentName(of: $0), $0) }, uniquingKeysWith: { min($0, $1) })
        for name in environmentNames where names[name] == nil {
            let nearest = NearestName.of(name, among: names.keys).map { "; did you mean \($0)?" } ?? ""
            state.withLock { $0.warnings.append("unknown variable \(name) is ignored\(nearest)") }
        }
        guard problems.isEmpty else {
            throw RuntimeError(
                .configurationUnknownKey, "unknown configuration: " + problems.joined(separator: ", "))
        }
    }

    // MARK: Inside

    private func value<Value>(
        _ key: String, default defaultValue: Value?, expected: String, shown: (Value) -> String,
        _ parse: (String) -> Value?
    ) throws -> Value {
        guard let (text, source) = raw(key) else {
            guard let defaultValue else { throw missing(key, expected: expected) }
            return record(key, default: defaultValue, shown: shown(defaultValue))
        }
        guard let value = parse(text) else { throw invalid(key, text, source, expected: expected) }
        record(key, shown: shown(value), source: source)
        return value
    }

    private func raw(_ key: String) -> (text: String, source: ConfigurationSource)? {
        state.withLock { _ = $0.asked.insert(key) }
        // Secret to the package: its access log, which CONFIG_ACCESS_LOG_FILE turns on, must hold no passwords.
        let text = reader.string(forKey: ConfigKey(key), isSecret: true)
        guard let text, let winner = reporter.winner(for: key) else { return nil }
        return switch sources[winner] {
        case .flags: (text, .flag(Self.flagName(of: key)))
        case .environment: (text, .environment(Self.environmentName(of: key)))
        case .file(let path): (text, .file(path))
        }
    }

    private func record(_ key: String, shown: String, source: ConfigurationSource) {
        let entry = ConfigurationEntry(key: key, value: ConnectionText.redacted(shown), source: source)
        state.withLock { $0.entries[key] = entry }
    }

    private func record<Value>(_ key: String, default value: Value, shown: String) -> Value {
        record(key, shown: shown, source: .defaultValue)
        return value
    }

    private func missing(_ key: String, expected: String) -> RuntimeError {
        RuntimeError(
            .configurationMissing, "\(key) is required: give \(expected) with \(places(of: key))", context: ["key": key]
        )
    }

    private func invalid(
        _ key: String, _ text: String, _ source: ConfigurationSource, expected: String
    ) -> RuntimeError {
        let shown = String(ConnectionText.redacted(text).prefix(200))
        return RuntimeError(
            .configurationInvalid, "\(key) from \(source) is \"\(shown)\"; expected \(expected)",
            context: ["key": key, "source": source.description, "value": shown])
    }

    private func places(of key: String) -> String {
        let place = file.map { ", or \(key) in \($0.path)" } ?? ", or \(key) in a file named by --config"
        return "\(Self.flagName(of: key)), \(Self.environmentName(of: key))\(place)"
    }

    private func flagSource(_ key: String) -> ConfigurationSource? { .flag(Self.flagName(of: key)) }
    private func environmentSource(_ key: String) -> ConfigurationSource? {
        .environment(Self.environmentName(of: key))
    }

    private static func provider(named name: String, _ values: [String: String]) -> InMemoryProvider {
        InMemoryProvider(
            name: name,
            values: Dictionary(
                uniqueKeysWithValues: values.map {
                    (AbsoluteConfigKey(ConfigKey($0.key)), ConfigValue(.string($0.value), isSecret: false))
                }))
    }

    static func flagName(of key: String) -> String {
        "--" + String(key.map { $0 == "." ? "-" : $0 })
    }

    static func environmentName(of key: String) -> String {
        environmentPrefix + String(key.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
    }

    private static func hint(_ key: String, _ known: Set<String>, text: (String) -> String) -> String {
        NearestName.of(key, among: known).map { " (did you mean \(text($0))?)" } ?? ""
    }

    private static func bounds(_ range: ClosedRange<Int64>, text: (Int64) -> String) -> String {
        switch (range.lowerBound > 0, range.upperBound < .max) {
        case (false, false): ""
        case (true, false): ", at least \(text(range.lowerBound))"
        case (false, true): ", at most \(text(range.upperBound))"
        case (true, true): ", from \(text(range.lowerBound)) to \(text(range.upperBound))"
        }
    }
}
