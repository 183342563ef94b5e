import ArgumentParser
import Logging
import Runtime

/// `sluice console`: a page that shows everything, updating.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Serves a page with services, partitions, objectives, reconciliations and dead letters, updating.",
        discussion: """
            It listens on 127.0.0.1; any other address needs --token-file. Programs read /api/state with \
            Authorization: Bearer; a browser asks for the token once. It only reads, and only while somebody looks.
            """)

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var services: ServicesOptions
    @OptionGroup var job: JobOptions
    @Option(help: "The topic of events. [SLUICE_KAFKA_TOPIC] (default: ad-events)")
    var topic: String?
    @Option(help: "The IPv4 or IPv6 address to listen on; any but loopback needs a token.")
    var address = "127.0.0.1"
    @Option(help: "The port; 0: chosen by the system.")
    var port: UInt16 = 9470
    @Option(help: "File with the token that viewers must show. [SLUICE_CONSOLE_TOKEN_FILE]")
    var tokenFile: String?

    func run() async throws {
        let token = try (tokenFile ?? Environment.value("SLUICE_CONSOLE_TOKEN_FILE")).map {
            Secret(try Environment.secret(inFile: $0))
        }
        var settings = EndpointServer.Settings(address: address, port: port, token: token)
        settings.what = "console"
        settings.tokenOption = "--token-file"
        let scope = DoctorScope(
            job: job.name, names: try postgres.names(), services: try services.addresses(),
            servicesAreNamed: !services.services.isEmpty || Environment.value("SLUICE_SERVICES") != nil,
            adminToken: try services.token(), postgres: try postgres.configuration(),
            kafka: try kafka.configurationIfNamed(), group: nil, topics: [])
        let subjects = Collector.Subjects(
            job: scope.job, eventsTopic: topic ?? Environment.value("SLUICE_KAFKA_TOPIC") ?? "ad-events",
            services: scope.services, servicesAreNamed: scope.servicesAreNamed, adminToken: scope.adminToken,
            postgres: scope.postgres, schemas: postgres.schemas,
            kafka: scope.kafka, examine: { await Doctor.examine(scope) })
        let routes = ConsoleRoutes(
            access: ConsoleAccess(address: address, port: port, token: token),
            feed: StateFeed(try Collector(subjects)))
        let server = try EndpointServer(
            settings: settings, routes: routes,
            logger: Logger(label: "console") { _ in
                StructuredLogHandler(service: "sluice", format: .text, level: .warning)
            })
        let host = address.contains(":") ? "[\(address)]" : address
        Output.note("sluice: the console is at http://\(host):\(server.port)/ (Ctrl-C ends it)\n")
        Interruption.install()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                while !Interruption.isRequested { try await Task.sleep(for: .milliseconds(100)) }
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
