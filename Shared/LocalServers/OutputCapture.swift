import Foundation
import Glibc
import Synchronization

/// Keeps the newest lines that a child prints, read by a thread for each stream.
final class OutputCapture: Sendable {
    enum Stream: Sendable { case output, error }
    enum Outcome: Sendable {
        case line(String)
        case finished
        case timedOut
    }

    /// More lines than this are forgotten, the oldest first.
    static let keptLines = 10_000
    /// A longer line is cut into pieces of this size, in bytes.
    static let longestLine = 1 << 20

    private struct State {
        var lines: [(stream: Stream, text: String)] = []
        var forgotten = 0
        var openStreams: Int
    }

    private let condition = NSCondition()
    private let state: Mutex<State>

    /// Takes over the reading ends of two pipes and closes them at their end.
    init(adoptingOutput output: Int32, error: Int32) {
        state = Mutex(State(openStreams: 2))
        for (descriptor, stream) in [(output, Stream.output), (error, Stream.error)] {
            Thread.detachNewThread { [self] in read(descriptor, stream) }
        }
    }

    func lines(of stream: Stream?) -> [String] {
        state.withLock { state in
            state.lines.filter { stream == nil || $0.stream == stream }.map(\.text)
        }
    }

    func blockUntilFinished(timeout: Duration) {
        let deadline = Date(timeIntervalSinceNow: timeout.seconds)
        condition.lock()
        defer { condition.unlock() }
        while state.withLock({ $0.openStreams > 0 }) {
            if !condition.wait(until: deadline) { return }
        }
    }

    func blockUntilLine(timeout: Duration, matching predicate: (String) -> Bool) -> Outcome {
        let deadline = Date(timeIntervalSinceNow: timeout.seconds)
        var seen = 0
        condition.lock()
        defer { condition.unlock() }
        while true {
            let (fresh, isOpen) = state.withLock { state in
                let from = max(0, seen - state.forgotten)
                seen = state.forgotten + state.lines.count
                return (state.lines[min(from, state.lines.count)...].map(\.text), state.openStreams > 0)
            }
            if let line = fresh.first(where: predicate) { return .line(line) }
            if !isOpen { return .finished }
            if !condition.wait(until: deadline), Date() >= deadline { return .timedOut }
        }
    }

    private func read(_ descriptor: Int32, _ stream: Stream) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var pending: [UInt8] = []
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            for byte in buffer[..<count] {
                if byte != UInt8(ascii: "\n") { pending.append(byte) }
                if byte == UInt8(ascii: "\n") || pending.count >= Self.longestLine {
                    append(pending, stream)
                    pending.removeAll(keepingCapacity: true)
                }
            }
        }
        if !pending.isEmpty { append(pending, stream) }
        close(descriptor)
        change { $0.openStreams -= 1 }
    }

    private func append(_ bytes: [UInt8], _ stream: Stream) {
        let text = String(decoding: bytes, as: UTF8.self)
        change { state in
            state.lines.append((stream, text))
            // In blocks, so that forgetting costs no more than remembering.
            if state.lines.count >= Self.keptLines * 2 {
                state.forgotten += Self.keptLines
                state.lines.removeFirst(Self.keptLines)
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        condition.lock()
        state.withLock { body(&$0) }
        condition.broadcast()
        condition.unlock()
    }
}

/// The descriptors behind a child's standard streams, and which side closes which.
struct OutputStreams {
    let input: Int32
    let output: Int32
    let error: Int32
    private let reading: (output: Int32, error: Int32)?

    init(_ choice: ChildProcess.Output) throws {
        input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        switch choice {
        case .discard:
            output = open("/dev/null", O_WRONLY | O_CLOEXEC)
            error = output
            reading = nil
        case .file(let path):
            output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            error = output
            reading = nil
            if output < 0 {
                let reason = String(cString: strerror(errno))
                close(input)
                throw LocalServersError(.fileSystem, "cannot write the log file \(path)", context: reason)
            }
        case .capture:
            let (first, second) = (try Self.makePipe(), try Self.makePipe())
            output = first.write
            error = second.write
            reading = (first.read, second.read)
        }
    }

    /// What only the child needs, once it has it.
    func closeChildEnds() {
        close(input)
        close(output)
        if error != output { close(error) }
    }

    /// What only this process needs, when there is no child after all.
    func closeParentEnds() {
        guard let reading else { return }
        close(reading.output)
        close(reading.error)
    }

    /// Starts reading what the child prints; nil when it is not captured.
    func makeCapture() -> OutputCapture? {
        reading.map { OutputCapture(adoptingOutput: $0.output, error: $0.error) }
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw LocalServersError(.spawnFailed, "cannot make a pipe", context: String(cString: strerror(errno)))
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
