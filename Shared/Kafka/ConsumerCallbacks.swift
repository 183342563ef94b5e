internal import CRdkafka
import Glibc
import Synchronization

// The functions that librdkafka calls. They stand in a file of their own because a closure written in a main.swift
// would belong to the main actor, and librdkafka calls from threads of its own. Apart from the closing of sockets all
// of them are served by the polling thread, the log too (`log.queue`).

/// Registers the callbacks of a consumer. The opaque is set by `ClientHandle`.
func installConsumerCallbacks(_ properties: OpaquePointer) {
    rd_kafka_conf_set_rebalance_cb(properties) { client, code, list, opaque in
        guard let client, let context = consumerContext(opaque) else { return }
        context.rebalance(client, code, list)
    }
    rd_kafka_conf_set_error_cb(properties) { client, code, reason, opaque in
        guard let client, let context = consumerContext(opaque) else { return }
        context.failed(client, rd_kafka_resp_err_t(code), reason.map { String(cString: $0) } ?? "")
    }
    rd_kafka_conf_set_offset_commit_cb(properties) { _, code, _, opaque in
        consumerContext(opaque)?.offsetsMirrored(code)
    }
    rd_kafka_conf_set_log_cb(properties) { client, level, facility, text in
        // A log line carries no opaque: the client has it.
        guard let client, let context = consumerContext(rd_kafka_opaque(client)) else { return }
        context.delegate?.log(
            level: Int(level), facility: facility.map { String(cString: $0) } ?? "",
            message: text.map { String(cString: $0) } ?? "")
    }
    rd_kafka_conf_set_closesocket_cb(properties) { socket, opaque in
        consumerContext(opaque)?.connectionsClosed.add(1, ordering: .releasing)
        return close(socket)
    }
}

private func consumerContext(_ opaque: UnsafeMutableRawPointer?) -> ConsumerContext? {
    opaque.map { Unmanaged<ConsumerContext>.fromOpaque($0).takeUnretainedValue() }
}
