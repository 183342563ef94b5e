import Logging

/// The settings that every service has, under the same keys everywhere.
extension ServiceConfigurationReader {
    /// `log.format` (json or text) and `log.level`.
    public func logSettings() throws -> (format: LogFormat, level: Logger.Level) {
        (try choice("log.format", default: .json), try choice("log.level", default: .info))
    }

    /// `admin.address`, `admin.port` (0: chosen by the system) and the file `admin.token-file`.
    /// - Parameter defaultPort: The port of this service where nobody says otherwise.
    public func adminSettings(defaultPort: UInt16 = 0) throws -> AdminServer.Settings {
        AdminServer.Settings(
            address: try string("admin.address", default: "127.0.0.1"),
            port: UInt16(try int("admin.port", in: 0...65_535, default: Int(defaultPort))),
            token: try secret("admin.token"))
    }
}
