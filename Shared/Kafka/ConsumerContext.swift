internal import CRdkafka
import Streams
import Synchronization

/// What librdkafka's callbacks of a consumer are given. Retained by `ClientHandle` for as long as a callback may run.
///
/// Everything but `connectionsClosed` is used by the polling thread alone.
final class ConsumerContext: @unchecked Sendable {
    /// Nil once the consumer is closed: what is served after that finds nobody to tell.
    var delegate: (any KafkaConsumerDelegate)?
    /// How many sockets librdkafka has closed, counted by its broker threads.
    ///
    /// librdkafka keeps an error that repeats itself within 30 s from the error callback, so the callback alone misses
    /// a connection that is lost twice. A broker's thread closes the old socket before it opens the next one, so
    /// whoever takes a record from the queue that came through the new one sees the count raised.
    let connectionsClosed = Atomic<Int>(0)

    init(delegate: any KafkaConsumerDelegate) { self.delegate = delegate }

    /// Both directions of a rebalance, with the eager protocol: all partitions at once.
    func rebalance(
        _ client: OpaquePointer, _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) {
        guard let delegate else {
            rd_kafka_assign(client, nil)
            return
        }
        switch code {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            guard let list else { return }
            assign(client, list, delegate)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            if let list, list.pointee.cnt > 0 {
                let partitions = list.elements.map { Partition($0.partition) }
                delegate.partitionsRevoked(partitions, lost: rd_kafka_assignment_lost(client) != 0)
            }
            report(rd_kafka_assign(client, nil), doing: "giving up the partitions")
        default:
            report(rd_kafka_assign(client, nil), doing: "giving up the partitions")
            delegate.consumerFailed(KafkaError(code, doing: "rebalancing the group"))
        }
    }

    private func assign(
        _ client: OpaquePointer, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>,
        _ delegate: any KafkaConsumerDelegate
    ) {
        let given = list.elements.map { Partition($0.partition) }
        guard let topic = list.elements.first?.topic else {
            report(rd_kafka_assign(client, list), doing: "taking no partitions")
            return
        }
        let starts = PartitionList(topic: topic, delegate.partitionsAssigned(given))
        report(rd_kafka_assign(client, starts.pointer), doing: "taking the partitions")
    }

    private func report(_ code: rd_kafka_resp_err_t, doing action: String) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        delegate?.consumerFailed(KafkaError(code, doing: action))
    }

    /// librdkafka's error callback: the state of connections, and fatal errors.
    func failed(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ reason: String) {
        if code == RD_KAFKA_RESP_ERR__FATAL {
            delegate?.fatal(
                KafkaError.fatal(of: client) ?? KafkaError(code: .fatal, message: reason, isFatal: true))
            return
        }
        var error = KafkaError(code, doing: reason)
        error.broker = brokerName(in: reason)
        delegate?.connectionLost(error)
    }

    /// The answer to a mirrored offset commit. It is telemetry, so a failure is a line in the log.
    func offsetsMirrored(_ code: rd_kafka_resp_err_t) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET else { return }
        let error = KafkaError(code, doing: "mirroring offsets to the consumer group")
        delegate?.log(level: 4, facility: "MIRROR", message: error.description)
    }
}

/// The broker that a sentence of librdkafka begins with (`host:port/id: ...`).
func brokerName(in reason: String) -> String? {
    guard let colon = reason.firstRange(of: ": ")?.lowerBound else { return nil }
    let name = reason[..<colon]
    return name.contains("/") && !name.contains(" ") ? String(name) : nil
}
