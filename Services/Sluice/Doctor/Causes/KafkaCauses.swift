import Kafka
import Streams

/// Kafka, its topics and the group.
enum KafkaCauses {
    static let all: [Causes.Cause] = [
        down, unreachableForService, topicMissing, leaderless, partitionsDiffer, groupUnsettled, unowned,
    ]

    @Sendable static func down(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let failure = seen.log.failure else { return [] }
        let isRefused = failure.kind == .refused
        let goesOn = seen.isMoving
        return [
            Diagnosis.Finding(
                cause: isRefused ? "kafka_refuses" : "kafka_down",
                title: isRefused
                    ? "Kafka does not let this user in"
                    : (failure.kind == .silent
                        ? "Kafka hangs: it was asked and did not answer" : "Kafka is down: no broker can be reached")
                        + (goesOn ? " from here, while the job goes on" : ""),
                likelihood: goesOn ? 0.5 : 0.96,
                evidence: ["asking for the topics: \(failure.message)"]
                    + seen.evidence(ofReasons: "broker", "Kafka", "kafka", "Broker"),
                nextSteps: [
                    .init("Is the way to the brokers open, with the service's own settings?", "spend-aggregator check"),
                    .init(
                        "Mend Kafka; the services connect again by themselves, and nothing is lost while the log keeps its records."
                    ),
                ], runbook: Runbook.aggregator("kafka-silent"))
        ]
    }

    /// Kafka answers here and not where a service runs.
    @Sendable static func unreachableForService(_ seen: Observations) -> [Diagnosis.Finding] {
        guard seen.log.value != nil else { return [] }
        let silent = seen.reasons.filter { $0.reason.component == "kafka" }
        guard !silent.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "service_cannot_reach_kafka",
                title: "A service gets no answer from Kafka, which answers here", likelihood: 0.75,
                evidence: silent.map {
                    "\($0.service) is not ready: \($0.reason.component): \(Observations.short($0.reason.reason))"
                },
                nextSteps: [
                    .init(
                        "On the service's host: addresses, those that the brokers advertise, firewall, TLS, SASL",
                        "spend-aggregator check"),
                    .init("It connects again by itself; nothing is lost while the log keeps its records."),
                ], runbook: Runbook.aggregator("kafka-silent"))
        ]
    }

    @Sendable static func topicMissing(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let log = seen.log.value else { return [] }
        return log.missing.map { topic in
            let use = seen.topicsByUse.first { $0.topic == topic }?.use
            let rows = (seen.results.value?.progress ?? []).filter { $0.topic == topic }
            var evidence = [
                "the brokers do not know topic \(topic)" + (use.map { ", which the job reads as \($0)" } ?? "")
            ]
            if !rows.isEmpty {
                evidence.append(
                    "\(rows.count) progress rows are of it, up to offset \(rows.compactMap(\.nextOffset).max() ?? 0): it was there before"
                )
            }
            return Diagnosis.Finding(
                cause: "topic_missing", title: "Topic \(topic) does not exist", likelihood: 0.95, evidence: evidence,
                nextSteps: [
                    rows.isEmpty
                        ? .init(
                            "Is the name right? If so, make it, with as many partitions as the topics that it is joined with",
                            "sluice topics create \(topic)")
                        : .init(
                            "Somebody deleted it. Ask who, and whether it can be restored, before anything is made under its name: an empty topic stops every partition"
                        )
                ], runbook: Runbook.aggregator(rows.isEmpty ? "nothing-read" : "log_replaced"))
        }
    }

    @Sendable static func leaderless(_ seen: Observations) -> [Diagnosis.Finding] {
        (seen.log.value?.topics ?? [:]).filter { $0.value.led < $0.value.partitions }.sorted { $0.key < $1.key }.map {
            name, topic in
            Diagnosis.Finding(
                cause: "partition_without_leader",
                title: "\(topic.partitions - topic.led) of \(topic.partitions) partitions of \(name) have no leader",
                likelihood: 0.93,
                evidence: ["metadata of topic \(name): \(topic.led) of \(topic.partitions) partitions have a leader"],
                nextSteps: [
                    .init(
                        "Kafka's matter: which broker is away?",
                        "kafka-topics.sh --bootstrap-server $SLUICE_KAFKA_BROKERS --describe --unavailable-partitions")
                ], runbook: Runbook.aggregator("nothing-read"))
        }
    }

    @Sendable static func partitionsDiffer(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let log = seen.log.value, let events = seen.topicsByUse.first(where: { $0.use == "events" })?.topic,
            let expected = log.topics[events]?.partitions
        else { return [] }
        return seen.topicsByUse.compactMap { use, topic in
            guard use != "events", let found = log.topics[topic]?.partitions, found != expected else { return nil }
            return Diagnosis.Finding(
                cause: "partitions_differ",
                title:
                    "Topic \(topic) (\(use)) has \(found) partitions and \(events) has \(expected): they are joined by partition",
                likelihood: use == "signals" ? 0.5 : 0.85,
                evidence: ["metadata: \(events) has \(expected) partitions, \(topic) has \(found)"],
                nextSteps: [
                    .init(
                        "A campaign's \(use) are looked up in the partition of its events. Make a topic with the right number, have the producer send to it, and give it to the service",
                        "sluice topics create \(topic)-\(expected) --partitions \(expected)")
                ], runbook: nil)
        }
    }

    @Sendable static func groupUnsettled(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let log = seen.log.value, let group = log.group, group.state.contains("Rebalance") else { return [] }
        return [
            Diagnosis.Finding(
                cause: "group_rebalancing",
                title: "The consumer group does not settle: its members wait for each other",
                likelihood: 0.5,
                evidence: [
                    "group \(log.groupName) is \(group.state) with \(group.members.count) members: " + members(group)
                ],
                nextSteps: [
                    .init(
                        "Look again in a minute. A member that does not answer is waited for until its session timeout; where it is gone for good, remove it",
                        "kafka-consumer-groups.sh --bootstrap-server $SLUICE_KAFKA_BROKERS --describe --members --group \(log.groupName)"
                    )
                ], runbook: Runbook.aggregator("rebalances"))
        ]
    }

    private static func members(_ group: KafkaGroup) -> String {
        group.members.map { $0.instanceID ?? $0.clientID }.sorted().joined(separator: ", ")
    }

    @Sendable static func unowned(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let log = seen.log.value, let group = log.group, group.state == "Stable", !group.members.isEmpty else {
            return []
        }
        let assigned = group.members.reduce(into: [String: Set<Int64>]()) { assigned, member in
            for (topic, partitions) in member.partitions {
                assigned[topic, default: []].formUnion(partitions.map { Int64($0.rawValue) })
            }
        }
        // A broker that does not tell assignments tells none.
        return assigned.keys.sorted().compactMap { topic in
            guard let count = log.topics[topic]?.partitions else { return nil }
            let free = (0..<Int64(count)).filter { assigned[topic]?.contains($0) != true }
            guard !free.isEmpty else { return nil }
            let owners = (seen.results.value?.progress ?? []).filter {
                $0.topic == topic && free.contains($0.partition)
            }
            return Diagnosis.Finding(
                cause: "partition_unowned",
                title: "\(free.count) of \(count) partitions of \(topic) are read by nobody",
                likelihood: 0.8,
                evidence: [
                    "group \(log.groupName) is Stable with \(members(group)), and nobody has partitions "
                        + free.map(String.init).joined(separator: ", ")
                ] + owners.prefix(3).map { "\($0.place) was last owned by \($0.owner)" },
                nextSteps: [
                    .init(
                        "Start the last owner again under its instance id, or remove it from the group",
                        "systemctl restart spend-aggregator")
                ], runbook: Runbook.aggregator("partition-unowned"))
        }
    }
}
