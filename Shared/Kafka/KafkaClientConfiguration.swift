internal import CRdkafka

/// How to reach a Kafka cluster, and as whom. The same value configures consumers, producers and administration.
///
/// Printing it never shows a secret: `description` is `redactedDescription`.
public struct KafkaClientConfiguration: Sendable, Hashable {
    /// `host:port` of one broker or more; the rest of the cluster is found through them.
    public var bootstrapServers: [String]
    /// What the brokers' logs and quotas call this client.
    public var clientID: String
    /// `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`; nil leaves librdkafka's default, `plaintext`.
    public var securityProtocol: String?
    /// Path of the PEM file with the certificates of the authorities that brokers are checked against.
    public var certificateAuthorityLocation: String?
    /// Path of the PEM file with this client's certificate.
    public var certificateLocation: String?
    /// Path of the PEM file with this client's key.
    public var keyLocation: String?
    public var keyPassword: String?
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `GSSAPI` or `OAUTHBEARER`.
    public var saslMechanism: String?
    public var saslUser: String?
    public var saslPassword: String?
    /// Any other property of librdkafka (its CONFIGURATION.md). An unknown name is an error that names it, and so is
    /// a property that a client fixes because its guarantee rests on it, such as `enable.auto.commit`.
    public var extra: [String: String]

    public init(
        bootstrapServers: [String], clientID: String = "sluice", securityProtocol: String? = nil,
        certificateAuthorityLocation: String? = nil, certificateLocation: String? = nil, keyLocation: String? = nil,
        keyPassword: String? = nil, saslMechanism: String? = nil, saslUser: String? = nil,
        saslPassword: String? = nil, extra: [String: String] = [:]
    ) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.securityProtocol = securityProtocol
        self.certificateAuthorityLocation = certificateAuthorityLocation
        self.certificateLocation = certificateLocation
        self.keyLocation = keyLocation
        self.keyPassword = keyPassword
        self.saslMechanism = saslMechanism
        self.saslUser = saslUser
        self.saslPassword = saslPassword
        self.extra = extra
    }

    /// The properties by librdkafka's names, sorted, secrets as `***`.
    public var redactedDescription: String {
        (connectionProperties + extra.map { ($0.key, $0.value) })
            .sorted { $0.0 < $1.0 }
            .map { "\($0.0)=\(Self.isSecret($0.0) ? "***" : $0.1)" }
            .joined(separator: " ")
    }

    /// Whether a property's value must not be shown: passwords, keys and tokens, by any spelling of theirs.
    static func isSecret(_ property: String) -> Bool {
        let name = property.lowercased()
        let words = ["password", "secret", "pem", "jaas", "oauthbearer.config", "token", "passphrase"]
        return words.contains { name.contains($0) } && name != "sasl.oauthbearer.token.endpoint.url"
    }

    private var connectionProperties: [(String, String)] {
        let all: [(String, String?)] = [
            ("bootstrap.servers", bootstrapServers.joined(separator: ",")),
            ("client.id", clientID),
            ("security.protocol", securityProtocol),
            ("ssl.ca.location", certificateAuthorityLocation),
            ("ssl.certificate.location", certificateLocation),
            ("ssl.key.location", keyLocation),
            ("ssl.key.password", keyPassword),
            ("sasl.mechanisms", saslMechanism),
            ("sasl.username", saslUser),
            ("sasl.password", saslPassword),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// librdkafka's configuration from these settings, what the client prefers and what it fixes.
    /// - Parameters:
    ///   - defaults: may be overridden by `extra`.
    ///   - fixed: may not.
    /// - Throws: `unknownProperty` or `invalidArgument`, naming the property.
    func properties(
        defaults: KeyValuePairs<String, String>, fixed: KeyValuePairs<String, String>
    ) throws(KafkaError) -> PropertySet {
        guard bootstrapServers.contains(where: { !$0.isEmpty }) else {
            throw KafkaError(
                code: .invalidArgument,
                message: "no bootstrap servers: give host:port of at least one broker of the cluster")
        }
        let properties = PropertySet()
        for (name, value) in defaults { try properties.set(name, value) }
        for (name, value) in connectionProperties { try properties.set(name, value) }
        for (name, value) in extra.sorted(by: { $0.key < $1.key }) {
            if let held = fixed.first(where: { $0.key == name }) {
                throw KafkaError(
                    code: .invalidArgument,
                    message: "the property \(name) is fixed to \"\(held.value)\" by this client and cannot be set: "
                        + "remove it from the extra Kafka properties")
            }
            try properties.set(name, value)
        }
        for (name, value) in fixed { try properties.set(name, value) }
        return properties
    }
}

extension KafkaClientConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { redactedDescription }
    public var debugDescription: String { redactedDescription }
    /// `dump` walks the mirror, so the mirror shows no more than the description.
    public var customMirror: Mirror { Mirror(self, children: ["properties": redactedDescription]) }
}
