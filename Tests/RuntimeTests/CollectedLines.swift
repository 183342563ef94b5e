import Runtime
import Synchronization

/// A log sink that keeps what it is given.
final class CollectedLines: LogSink {
    private let lines = Mutex<[String]>([])

    func write(_ line: [UInt8]) {
        lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }

    var all: [String] { lines.withLock { $0 } }
}
