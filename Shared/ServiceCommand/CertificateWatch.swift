public import Kafka
public import Objectives
public import Postgres
public import Runtime
public import ServiceLifecycle
import Synchronization

/// Reads the certificate files of a service's connections again and again, and says which end soon.
///
/// The files are read and not the connections asked: a connection keeps the certificate that it began with, and the next one will
/// need that of the file.
public final class CertificateWatch: Service {
    /// What a file of certificates is for.
    public enum Use: String, Sendable, CaseIterable {
        case kafkaAuthority = "kafka-ca"
        case kafkaClient = "kafka-client"
        case postgresAuthority = "postgres-ca"
        case postgresClient = "postgres-client"
    }

    private enum Finding: Sendable {
        /// Unix seconds.
        case ends(Int64)
        case unreadable(String)
    }

    /// Less than this much left is too little to renew one in peace.
    public static let nearSeconds: Int64 = 14 * 86_400
    /// The files are small, and after a renewal somebody waits for the alert to end.
    private static let pause = Duration.seconds(30)

    private let files: [(use: Use, path: String)]
    private let notAfter: @Sendable (String) throws -> Int64
    private let unixSeconds: @Sendable () -> Int64
    private let findings: Mutex<[Use: Finding]> = Mutex([:])

    /// - Parameters:
    ///   - notAfter: The end of the first certificate of a file to end, in Unix seconds.
    public init(
        kafka: KafkaClientConfiguration?, postgres: PostgresConfiguration?, _ registry: OpenMetricsRegistry,
        unixSeconds: @escaping @Sendable () -> Int64 = { ObjectivesService.unixMilliseconds() / 1_000 },
        notAfter: @escaping @Sendable (String) throws -> Int64
    ) {
        let places: [(Use, String?)] = [
            (.kafkaAuthority, kafka?.certificateAuthorityLocation), (.kafkaClient, kafka?.certificateLocation),
            (.postgresAuthority, postgres?.certificateAuthorityLocation),
            (.postgresClient, postgres?.certificateLocation),
        ]
        files = places.compactMap { use, path in path.map { (use, $0) } }
        self.unixSeconds = unixSeconds
        self.notAfter = notAfter
        for (use, _) in files {
            registry.callbackGauge(
                "sluice_certificate_not_after_timestamp_seconds", labels: [("use", use.rawValue)],
                help: "Unix time at which the first certificate of the configured file ends; none: it cannot be read."
            ) { [weak self] in self?.end(of: use).map(Double.init) }
        }
        registry.callbackGauge(
            "sluice_certificates_near_end",
            help: "Configured certificate files with less than 14 days left, or that cannot be read."
        ) { [weak self] in self?.indication.value }
    }

    /// Reads the files until the group shuts down.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                read()
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Reads all files now.
    public func read() {
        for (use, path) in files {
            let finding: Finding
            do {
                finding = .ends(try notAfter(path))
            } catch {
                finding = .unreadable("\(error)")
            }
            findings.withLock { $0[use] = finding }
        }
    }

    /// The indicator of the objective: how many files are near their end or cannot be read, and which. Nothing to measure where
    /// no file is configured.
    public var indication: Indication {
        let findings = findings.withLock { $0 }
        guard !findings.isEmpty else { return Indication(nil) }
        let now = unixSeconds()
        var causes: [String] = []
        for (use, path) in files {
            switch findings[use] {
            case .ends(let end) where end <= now: causes.append("\(use.rawValue) \(path) has ended")
            case .ends(let end) where end - now < Self.nearSeconds:
                let days = (end - now) / 86_400
                causes.append("\(use.rawValue) \(path) ends in \(days == 1 ? "1 day" : "\(days) days")")
            case .unreadable(let why): causes.append("\(use.rawValue) \(path): \(why)")
            case .ends, nil: break
            }
        }
        return Indication(Double(causes.count), cause: causes.isEmpty ? nil : causes.joined(separator: "; "))
    }

    private func end(of use: Use) -> Int64? {
        if case .ends(let end)? = findings.withLock({ $0[use] }) { end } else { nil }
    }
}
