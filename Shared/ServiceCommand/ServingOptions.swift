public import ArgumentParser

/// What every service has on its command line: its file of settings, its admin endpoint, its log. A nil means: not given
/// here.
public struct ServingOptions: ParsableArguments {
    @Option(help: "JSON file with settings.") public var config: String?
    @Option(help: "Address of the admin endpoint (127.0.0.1); any but loopback needs a token.")
    public var adminAddress: String?
    @Option(help: "Port of the admin endpoint; 0 lets the system choose.") public var adminPort: String?
    @Option(help: "File with the admin endpoint's bearer token.") public var adminTokenFile: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical (info).") public var logLevel: String?
    @Option(help: "json or text (json).") public var logFormat: String?

    public init() {}

    /// By configuration key.
    public var flags: [String: String?] {
        [
            "config": config, "admin.address": adminAddress, "admin.port": adminPort,
            "admin.token-file": adminTokenFile, "log.level": logLevel, "log.format": logFormat,
        ]
    }
}
