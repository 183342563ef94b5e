internal import CRdkafka
import Streams

/// What librdkafka's callbacks of a producer are given. Apart from the log it is used by the producer's thread alone,
/// which serves the delivery reports.
final class ProducerContext: ClientContext {
    var delivered = 0
    var failed = 0
    /// The first delivery that failed since the last `flush`.
    var firstFailure: KafkaError?
    var fatalError: KafkaError?

    /// Registers the callbacks of a producer. The opaque is set by `ClientHandle`.
    static func install(_ properties: OpaquePointer) {
        installLog(properties)
        rd_kafka_conf_set_dr_msg_cb(properties) { _, message, opaque in
            guard let message, let opaque else { return }
            let context = Unmanaged<ProducerContext>.fromOpaque(opaque).takeUnretainedValue()
            if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                context.delivered += 1
            } else {
                context.deliveryFailed(message)
            }
        }
        rd_kafka_conf_set_error_cb(properties) { client, code, _, opaque in
            guard let client, let opaque, rd_kafka_resp_err_t(code) == RD_KAFKA_RESP_ERR__FATAL else { return }
            let context = Unmanaged<ProducerContext>.fromOpaque(opaque).takeUnretainedValue()
            context.fatalError = KafkaError.fatal(of: client)
        }
    }

    private func deliveryFailed(_ message: UnsafePointer<rd_kafka_message_t>) {
        failed += 1
        guard firstFailure == nil else { return }
        firstFailure = KafkaError(
            message.pointee.err, doing: "delivering a record",
            topic: message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) },
            partition: message.pointee.partition >= 0 ? Partition(message.pointee.partition) : nil)
    }
}
