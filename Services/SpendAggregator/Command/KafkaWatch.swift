import Kafka
import Logging
import Objectives
import Runtime
import ServiceCommand
import Synchronization

/// Asks Kafka a small question every two seconds and keeps whether it was answered.
///
/// It is how a Kafka that went away is noticed within seconds: fetching waits in silence, and what cannot be fetched has no age. A
/// client of its own, on a thread of its own, because the worker's thread may hang in a claim.
final class KafkaWatch: @unchecked Sendable {
    /// What the last question came to, written by the watch's thread, read by any.
    final class Silence: Sendable {
        private struct State {
            var hasAsked = false
            /// Monotonic milliseconds at which the first question without an answer was asked.
            var since: Int64?
            var cause: String?
        }

        private let state = Mutex(State())
        private let now: @Sendable () -> Int64

        /// - Parameter now: A monotonic clock in milliseconds.
        init(now: @escaping @Sendable () -> Int64 = HealthState.monotonicMilliseconds) { self.now = now }

        func answered() {
            state.withLock {
                $0.hasAsked = true
                $0.since = nil
                $0.cause = nil
            }
        }

        /// - Parameter asked: when, in monotonic milliseconds.
        func unanswered(asked: Int64, _ cause: String) {
            state.withLock {
                $0.hasAsked = true
                $0.since = $0.since ?? asked
                $0.cause = cause
            }
        }

        /// For how long; 0: the last question was answered. Nil before the first.
        var seconds: Double? {
            let now = now()
            return state.withLock { state in
                guard state.hasAsked else { return nil }
                return state.since.map { Double(max(1, now - $0)) / 1_000 } ?? 0
            }
        }

        var indication: Indication { Indication(seconds, cause: state.withLock { $0.cause }) }
    }

    private static let intervalMilliseconds: Int64 = 2_000
    private static let answerMilliseconds: Int32 = 3_000

    private let configuration: KafkaClientConfiguration
    private let topic: String
    private let silence: Silence
    private let health: HealthState
    private let logger: Logger
    private let pause = Pause()

    init(_ configuration: KafkaClientConfiguration, topic: String, silence: Silence, _ context: ServiceContext) {
        self.configuration = configuration
        self.topic = topic
        self.silence = silence
        health = context.health
        logger = context.logger
        context.registry.callbackGauge(
            "sluice_kafka_silent_seconds", help: "How long Kafka has left questions without an answer; 0: it answers."
        ) { silence.seconds }
    }

    /// Asks until `stop`.
    func run() {
        var admin: KafkaAdmin?
        var isSilent = false
        while !pause.isOver {
            let asked = HealthState.monotonicMilliseconds()
            do throws(KafkaError) {
                // With `??` in its place the error's type would be lost.
                let client: KafkaAdmin
                if let admin { client = admin } else { client = try KafkaAdmin(configuration: configuration) }
                admin = client
                try ask(client)
                silence.answered()
                if isSilent {
                    isSilent = false
                    health.ready("kafka")
                    logger.info("Kafka answers again")
                }
            } catch {
                silence.unanswered(asked: asked, "Kafka does not answer: \(error.message)")
                health.notReady("kafka", error.message)
                if !isSilent {
                    isSilent = true
                    logger.warning(
                        "Kafka does not answer",
                        metadata: [
                            "error": "\(error)",
                            "explanation":
                                "nothing can be read until it does; what was read is committed, nothing is lost",
                        ])
                }
            }
            pause.wait(milliseconds: Self.intervalMilliseconds)
        }
    }

    /// Ends the questions; one that is under way takes at most its three seconds.
    func stop() { pause.end() }

    /// An answer that refuses is an answer: what it means is said where the topic is read.
    private func ask(_ admin: KafkaAdmin) throws(KafkaError) {
        do throws(KafkaError) {
            _ = try admin.partitionCount(topic, timeoutMilliseconds: Self.answerMilliseconds)
        } catch {
            guard !error.isRetriable else { throw error }
        }
    }
}
