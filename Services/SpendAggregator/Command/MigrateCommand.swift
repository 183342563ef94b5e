import ArgumentParser
import Connectors
import Logging
import Postgres
import ServiceCommand
import SpendAggregatorJob

/// `spend-aggregator migrate`: brings the schemas to this version.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schemas to this version; safe to repeat.",
        discussion: """
            Takes a lock, so that several processes may call it at once. Repeat --grant-reader after an upgrade: views \
            that came with it are not granted by themselves.
            """)
    @OptionGroup var options: ServiceOptions
    @Flag(help: "Print what is applied and pending; change nothing.") var status = false
    @Flag(help: "Print the SQL of all migrations; connect to nothing.") var print = false
    @Option(help: "Let this role read the views, and nothing else; it is made, without a login, where it is missing.")
    var grantReader: String?

    func validate() throws {
        guard let grantReader else { return }
        guard !status, !print else {
            throw ValidationError("--grant-reader changes something; --status and --print do not: give one of them")
        }
        // PostgreSQL would cut a longer name and go on with another role.
        guard (1...63).contains(grantReader.utf8.count) else {
            throw ValidationError("--grant-reader takes the name of a role, of 1 to 63 bytes")
        }
    }

    func run() async throws {
        try await CommandFailure.guarded {
            if print {
                let names = try DatabaseNames(prefix: options.postgres.schemaPrefix ?? "")
                for migrator in try Self.migrators(names) {
                    for migration in migrator.migrations {
                        Swift.print("-- schema \(migrator.schema), version \(migration.version): \(migration.name)")
                        Swift.print(migration.sql)
                    }
                }
                return
            }
            let configuration = try SpendConfiguration.load(options, needsKafka: false)
            let connection = try PostgresConnection(configuration.postgres)
            defer { connection.close() }
            if status {
                for migrator in try Self.migrators(configuration.names) {
                    let found = try migrator.status(on: connection)
                    for migration in found.applied {
                        Swift.print(
                            "\(migrator.schema) \(migration.version) \(migration.name): applied \(migration.appliedAt)")
                    }
                    for migration in found.pending {
                        Swift.print("\(migrator.schema) \(migration.version) \(migration.name): pending")
                    }
                }
                return
            }
            var count = 0
            for migrator in try Self.migrators(configuration.names) {
                for version in try migrator.apply(on: connection) {
                    Swift.print("\(migrator.schema): applied version \(version)")
                    count += 1
                }
            }
            if count == 0 { Swift.print("nothing to apply: the schemas are current") }
            if let grantReader {
                try connection.query(
                    "SELECT \(configuration.names.table("spend", "grant_reader"))($1)", [.text(grantReader)])
                Swift.print("\(configuration.names.schema("spend")): \(grantReader) may read the views")
            }
        }
    }

    /// Every migrator of the service, in the order in which they apply.
    static func migrators(_ names: DatabaseNames) throws(PostgresError) -> [Migrator] {
        [try ProgressMigrations.migrator(names), try SpendMigrations.migrator(names)]
    }

    static func apply(_ configuration: SpendConfiguration, on connection: PostgresConnection, logger: Logger) throws {
        for migrator in try migrators(configuration.names) {
            for version in try migrator.apply(on: connection) {
                logger.info("migrated", metadata: ["schema": "\(migrator.schema)", "to_version": "\(version)"])
            }
        }
    }
}
