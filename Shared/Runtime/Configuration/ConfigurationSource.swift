/// Where a configuration value came from, as people write it.
public enum ConfigurationSource: Sendable, Hashable, CustomStringConvertible {
    /// A command line option, such as `--kafka-brokers`.
    case flag(String)
    /// An environment variable, such as `SLUICE_KAFKA_BROKERS`.
    case environment(String)
    /// The configuration file at this path.
    case file(String)
    /// The service's own default.
    case defaultValue

    public var description: String {
        switch self {
        case .flag(let name): "flag \(name)"
        case .environment(let name): "environment \(name)"
        case .file(let path): "file \(path)"
        case .defaultValue: "default"
        }
    }
}

/// One line of the effective configuration, fit to be shown: secrets are replaced before they get here.
public struct ConfigurationEntry: Sendable, Hashable {
    public var key: String
    public var value: String
    public var source: ConfigurationSource

    public init(key: String, value: String, source: ConfigurationSource) {
        self.key = key
        self.value = value
        self.source = source
    }
}
