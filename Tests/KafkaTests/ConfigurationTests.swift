import Kafka
import Testing

@Suite struct ConfigurationTests {
    @Test func anUnknownPropertyIsNamed() throws {
        let error = #expect(throws: KafkaError.self) {
            try KafkaProducer(configuration: configuration("localhost:1", extra: ["linger.msec": "5"]))
        }
        #expect(error?.code == .unknownProperty)
        #expect(error?.message.contains("linger.msec") == true)
    }

    // pitfall: library-crc-is-off-by-default
    @Test func aPropertyThatTheGuaranteeRestsOnCannotBeSet() throws {
        let recorder = Recorder()
        let error = #expect(throws: KafkaError.self) {
            try KafkaConsumer(
                configuration: configuration("localhost:1", extra: ["auto.offset.reset": "earliest"]),
                settings: .init(group: "g"), delegate: recorder)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("auto.offset.reset") == true)
    }

    @Test func aRefusedValueIsNamedAndASecretOneIsNotShown() throws {
        let value = #expect(throws: KafkaError.self) {
            try KafkaAdmin(configuration: configuration("localhost:1", extra: ["socket.timeout.ms": "never"]))
        }
        #expect(value?.message.contains("socket.timeout.ms") == true)
        var secret = configuration("localhost:1")
        secret.securityProtocol = "ssl"
        secret.extra = ["ssl.key.pem": "hunter2"]
        let refused = #expect(throws: KafkaError.self) { try KafkaAdmin(configuration: secret) }
        #expect(refused.map { "\($0)" }?.contains("hunter2") == false)
    }

    @Test func noBootstrapServers() throws {
        let error = #expect(throws: KafkaError.self) {
            try KafkaAdmin(configuration: KafkaClientConfiguration(bootstrapServers: []))
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func secretsAreNeverPrinted() {
        var secret = configuration("broker:9092", extra: ["sasl.oauthbearer.client.secret": "s3cret-1"])
        secret.keyPassword = "s3cret-2"
        secret.saslPassword = "s3cret-3"
        secret.saslUser = "ada"
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), secret.redactedDescription, dumped] {
            #expect(!text.contains("s3cret"))
            #expect(text.contains("sasl.username=ada"))
            #expect(text.contains("sasl.password=***"))
        }
    }

    @Test func codesHaveNames() {
        #expect(KafkaError.Code.offsetOutOfRange.name == "OFFSET_OUT_OF_RANGE")
        #expect(KafkaError.Code.transport.description == "_TRANSPORT (-195)")
    }
}
