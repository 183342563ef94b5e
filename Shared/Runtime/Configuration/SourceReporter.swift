import Configuration
import Synchronization

/// Remembers which provider answered for each key, so that errors and listings can name it.
final class SourceReporter: AccessReporter {
    private let winners = Mutex<[String: Int]>([:])

    func report(_ event: AccessEvent) {
        let winner = event.providerResults.firstIndex { result in
            if case .success(let lookup) = result.result { return lookup.value != nil }
            return false
        }
        winners.withLock { $0[event.metadata.key.description] = winner }
    }

    /// The place, in the order of precedence, of the provider that gave the key its value; nil when none did.
    func winner(for key: String) -> Int? {
        winners.withLock { $0[key] }
    }
}
