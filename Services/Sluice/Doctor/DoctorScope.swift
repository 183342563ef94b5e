import Connectors
import Kafka
import Postgres

/// What a diagnosis looks at, and how it gets there.
struct DoctorScope: Sendable {
    /// The job whose progress and results are meant.
    var job: String
    /// Where the results are.
    var names: DatabaseNames
    /// Admin endpoints of services.
    var services: [ServiceAddress]
    /// Whether somebody named the services. Of addresses that are only the usual ones, silence means nothing.
    var servicesAreNamed: Bool
    /// Bearer token of the admin endpoints.
    var adminToken: String?
    /// Nil: the database is not looked at, which the diagnosis says.
    var postgres: PostgresConfiguration?
    /// Nil: the log is not looked at, which the diagnosis says.
    var kafka: KafkaClientConfiguration?
    /// Consumer group; nil: as a service says, else the job's name.
    var group: String?
    /// The job's topics, besides those that services and progress rows name.
    var topics: [String] = []
    /// The longest that anything is waited for.
    var patience: Duration = .seconds(5)
}
