/// stub
struct DevelopmentServers {
    var kafkaBrokers: String
    var postgres: String
    static func running() async throws -> DevelopmentServers? { nil }
}
