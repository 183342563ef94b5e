import Foundation
import Synchronization

/// The state as it is handed out: made at most twice a second, whoever asks how often.
///
/// Thread-safe.
final class StateFeed: Sendable {
    /// A state in every form.
    struct Current: Sendable {
        var page: ConsolePage
        var json: String
        /// Tells it from every other one, also of a console that ran before.
        var tag: String
    }

    private struct Made {
        var sequence: Int64 = 0
        var at: ContinuousClock.Instant?
        var current: Current?
    }

    private let collector: Collector
    private let run = String(ConsoleAccess.randomText().prefix(8))
    private let made = Mutex(Made())

    init(_ collector: Collector) { self.collector = collector }

    /// What is known now. The first one after a pause waits a moment for answers.
    func current() async -> Current {
        collector.looked()
        let deadline = ContinuousClock.now + .milliseconds(1_500)
        while !collector.isComplete, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
        return made.withLock { made in
            if let current = made.current, let at = made.at, ContinuousClock.now - at < .milliseconds(500) {
                return current
            }
            made.sequence += 1
            made.at = .now
            let state = ConsoleState(collector.snapshot(), sequence: made.sequence)
            let page = ConsolePage(state)
            let current = Current(page: page, json: Self.json(state, page), tag: "\(run)-\(made.sequence)")
            made.current = current
            return current
        }
    }

    private struct Document: Encodable {
        var state: ConsoleState
        /// The same in words, as the page shows it; no part of the contract.
        var page: ConsolePage

        func encode(to encoder: any Encoder) throws {
            try state.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(page, forKey: .page)
        }
        private enum Key: CodingKey { case page }
    }

    static func json(_ state: ConsoleState, _ page: ConsolePage) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Figures that are no numbers (a rate over nothing) must not cost the whole document.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        guard let data = try? encoder.encode(Document(state: state, page: page)) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
