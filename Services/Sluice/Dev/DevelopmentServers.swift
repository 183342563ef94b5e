import LocalServers

/// The addresses of the development servers, for commands that were given none.
struct DevelopmentServers: Equatable {
    /// Nil unless the broker runs.
    var kafkaBrokers: String?
    /// Nil unless PostgreSQL runs.
    var postgres: String?

    /// Where the servers keep their data unless something else is said.
    static var root: String { Environment.value("SLUICE_DEV_ROOT") ?? ".sluice" }

    /// What runs now below the folder; nothing is started.
    static func running(root: String = root) -> DevelopmentServers {
        let status = DevelopmentEnvironment(root: root).status()
        return DevelopmentServers(
            kafkaBrokers: status.kafka.state == .running ? status.kafka.address : nil,
            postgres: status.postgres.state == .running ? status.postgres.address : nil)
    }

    /// Lines for a shell that set what all commands and services read.
    var exports: String {
        var text = ""
        if let kafkaBrokers { text += "export SLUICE_KAFKA_BROKERS=\(Self.quoted(kafkaBrokers))\n" }
        if let postgres { text += "export SLUICE_POSTGRES=\(Self.quoted(postgres))\n" }
        return text
    }

    /// A word for a POSIX shell.
    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
