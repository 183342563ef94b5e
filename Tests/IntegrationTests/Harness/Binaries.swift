import Foundation

/// The programs under test, as the Makefile built them.
enum Binaries {
    /// What is shipped.
    static var release: String { folder("SLUICE_BIN_DIR", "release") }
    /// With the switches that leave out a guard (SLUICE_MUTANT).
    static var debug: String { folder("SLUICE_DEBUG_BIN_DIR", "debug") }

    private static func folder(_ variable: String, _ configuration: String) -> String {
        if let given = ProcessInfo.processInfo.environment[variable], !given.isEmpty { return given }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/\(configuration)").path(
                percentEncoded: false)
    }
}
