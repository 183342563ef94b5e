internal import CRdkafka

/// Receives a line of librdkafka's log, on whichever thread it was written.
/// - Parameters: the level as in syslog (0 to 7), librdkafka's facility, the text.
public typealias KafkaLogHandler = @Sendable (_ level: Int, _ facility: String, _ message: String) -> Void

/// What the callbacks of clients other than the group consumer are given. Retained by `ClientHandle`.
class ClientContext {
    /// Called from librdkafka's own threads.
    let log: KafkaLogHandler?

    init(log: KafkaLogHandler?) { self.log = log }

    /// Sends the log to the handler, or nowhere: a library does not write to standard error.
    static func installLog(_ properties: OpaquePointer) {
        rd_kafka_conf_set_log_cb(properties) { client, level, facility, text in
            guard let client, let opaque = rd_kafka_opaque(client) else { return }
            let context = Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
            guard let log = context.log else { return }
            log(
                Int(level), facility.map { String(cString: $0) } ?? "", text.map { String(cString: $0) } ?? "")
        }
    }
}
