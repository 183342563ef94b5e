import Connectors
import Dispatch
import Kafka
import Postgres
import Synchronization

/// Looks at PostgreSQL, Kafka, the services and the diagnosis, each on a thread of its own and every two seconds while somebody
/// watches. Any number of viewers costs the same.
///
/// Thread-safe.
final class Collector: Sendable {
    /// What to look at.
    struct Subjects: Sendable {
        var job: String
        var eventsTopic: String
        var services: [ServiceAddress]
        /// Whether somebody named them: of addresses that are only the usual ones, silence means nothing.
        var servicesAreNamed = true
        var adminToken: String?
        /// Nil: not named, so not looked at.
        var postgres: PostgresConfiguration?
        var schemas: ResultSchemas
        var kafka: KafkaClientConfiguration?
        /// What is wrong, as the doctor sees it; nil: not asked.
        var examine: (@Sendable () async -> Diagnosis)?
    }

    static let interval = Duration.seconds(2)
    static let examinationInterval = Duration.seconds(15)

    let subjects: Subjects
    private let audience: Audience
    private let database: Sampled<DatabaseSample>?
    private let logEnds: Sampled<[String: [Int64: Int64]]>?
    private let services: [Sampled<ServiceSample>]
    private let diagnosis: Sampled<Diagnosis>?

    init(_ subjects: Subjects, audience: Audience = Audience()) throws {
        self.subjects = subjects
        self.audience = audience
        let schemas = subjects.schemas
        let names = try DatabaseNames(prefix: schemas.prefix)
        let database = try subjects.postgres.map { configuration in
            try Sampled("c-postgres", every: Self.interval, audience: audience) {
                let reader = DatabaseReader(
                    configuration, schemas: schemas, names: names, job: subjects.job,
                    eventsTopic: subjects.eventsTopic)
                return { try reader.read() }
            }
        }
        self.database = database
        logEnds = try subjects.kafka.map { configuration in
            try Sampled("c-kafka", every: Self.interval, audience: audience) {
                let reader = LogEndsReader(configuration)
                return {
                    // The topics that the job has read; before the first commit that of the events.
                    let known = Set(database?.reading.value?.partitions.map(\.topic) ?? [])
                    return try reader.read(known.isEmpty ? [subjects.eventsTopic] : known.sorted())
                }
            }
        }
        services = try subjects.services.map { address in
            try Sampled("c-service", every: Self.interval, audience: audience) {
                var history = ServiceHistory()
                return {
                    let probe = ServiceProbe.ask(address, token: subjects.adminToken)
                    return ServiceSample(probe: probe, figures: probe.metrics.value.map { history.add($0) })
                }
            }
        }
        diagnosis = try subjects.examine.map { examine in
            try Sampled("c-doctor", every: Self.examinationInterval, audience: audience) {
                { Self.waiting { await examine() } }
            }
        }
    }

    deinit { audience.end() }

    /// Runs a task and blocks the calling thread, one of this collector's own, until it has ended.
    private static func waiting<T: Sendable>(_ work: @escaping @Sendable () async -> T) -> T {
        let ended = DispatchSemaphore(value: 0)
        let result = Mutex<T?>(nil)
        Task {
            let value = await work()
            result.withLock { $0 = value }
            ended.signal()
        }
        ended.wait()
        return result.withLock { $0! }
    }

    /// Somebody looks.
    func looked() { audience.looked() }

    /// Whether each question was answered or refused since somebody began to look. The diagnosis takes longer and comes when
    /// it comes.
    var isComplete: Bool {
        guard let since = audience.watchedSince else { return false }
        return services.allSatisfy { $0.reading.isSettled(since: since) }
            && (database?.reading.isSettled(since: since) ?? true) && (logEnds?.reading.isSettled(since: since) ?? true)
    }

    /// What is known now, without asking anybody.
    func snapshot() -> Snapshot {
        Snapshot(
            subjects: subjects, database: database?.reading, logEnds: logEnds?.reading,
            services: zip(subjects.services, services).map { ($0, $1.reading) }, diagnosis: diagnosis?.reading)
    }

    /// The last reading of everything; nil for what is not looked at.
    struct Snapshot: Sendable {
        var subjects: Subjects
        var database: Sampled<DatabaseSample>.Reading?
        var logEnds: Sampled<[String: [Int64: Int64]]>.Reading?
        var services: [(address: ServiceAddress, reading: Sampled<ServiceSample>.Reading)]
        var diagnosis: Sampled<Diagnosis>.Reading?
    }
}

extension Sampled.Reading {
    func isSettled(since moment: ContinuousClock.Instant) -> Bool { attemptedAt.map { $0 >= moment } ?? false }
}
