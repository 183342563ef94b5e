internal import CRdkafka

/// Owner of an `rd_kafka_conf_t` until a client takes it. Used by the thread that makes the client; destroyed with
/// this value unless `take()` has handed it on.
struct PropertySet: ~Copyable {
    let handle: OpaquePointer

    init() { handle = rd_kafka_conf_new() }

    deinit { rd_kafka_conf_destroy(handle) }

    /// Hands the configuration to `rd_kafka_new`, which owns it from then on.
    consuming func take() -> OpaquePointer {
        let taken = handle
        discard self
        return taken
    }

    /// - Throws: `unknownProperty` when librdkafka has none of this name, `invalidArgument` for a value it refuses.
    func set(_ name: String, _ value: String) throws(KafkaError) {
        let (result, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            text.initialize(repeating: 0)
            let result = rd_kafka_conf_set(handle, name, value, text.baseAddress, text.count)
            return (result, String(cString: text.baseAddress!))
        }
        switch result {
        case RD_KAFKA_CONF_OK:
            return
        case RD_KAFKA_CONF_UNKNOWN:
            throw KafkaError(
                code: .unknownProperty,
                message: "librdkafka \(String(cString: rd_kafka_version_str())) has no property \"\(name)\": "
                    + "correct or remove it")
        default:
            // librdkafka repeats the value in its sentence, which must not happen to a secret.
            let reason = KafkaClientConfiguration.isSecret(name) ? "the value is refused" : text
            throw KafkaError(code: .invalidArgument, message: "the property \(name) cannot be set: \(reason)")
        }
    }
}
