internal import CRdkafka

/// Owner of an `rd_kafka_t` and of the reference to the context that its callbacks receive.
///
/// librdkafka has one opaque slot and no destructor for it: the context is retained into the slot here and released
/// here, after `rd_kafka_destroy` has returned and no callback can run any more.
struct ClientHandle: ~Copyable {
    let pointer: OpaquePointer
    private let context: Unmanaged<AnyObject>

    /// - Throws: the reason that librdkafka gives, for instance an unreadable certificate.
    init(
        _ type: rd_kafka_type_t, properties: consuming PropertySet, context: AnyObject
    ) throws(KafkaError) {
        let retained = Unmanaged.passRetained(context)
        rd_kafka_conf_set_opaque(properties.handle, retained.toOpaque())
        let handle = properties.handle
        let (created, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            text.initialize(repeating: 0)
            let created = rd_kafka_new(type, handle, text.baseAddress, text.count)
            return (created, created == nil ? String(cString: text.baseAddress!) : "")
        }
        guard let created else {
            retained.release()
            // The configuration stays ours when no client came of it.
            throw KafkaError(code: .invalidArgument, message: "the Kafka client cannot be made: \(text)")
        }
        _ = properties.take()
        pointer = created
        self.context = retained
    }

    /// Destroys without closing: a consumer that has to leave its group in order is closed before.
    deinit {
        rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        context.release()
    }
}
