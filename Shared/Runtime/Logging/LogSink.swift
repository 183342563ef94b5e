import Glibc
import Synchronization

/// Where finished log lines go. A line comes whole, with its newline, and must leave whole.
public protocol LogSink: Sendable {
    /// Writes one line. Called from many threads at once.
    func write(_ line: [UInt8])
}

/// Log lines to a file descriptor, one `write(2)` each.
///
/// A pipe keeps only writes of up to PIPE_BUF bytes whole, so a lock keeps the lines of this process apart whatever
/// their length. A reader that stops reading must not stop the service: where the descriptor is non-blocking, what
/// does not fit within a second is dropped and counted.
public final class DescriptorLogSink: LogSink {
    /// Log lines to the standard error of the process.
    public static let standardError = DescriptorLogSink(descriptor: STDERR_FILENO)

    private let descriptor: Int32
    private let lock = Mutex(())
    private let dropped = Atomic<UInt64>(0)

    /// Writes to a descriptor that stays the caller's and must outlive the sink.
    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// How many lines did not go out whole.
    public var droppedLines: UInt64 { dropped.load(ordering: .relaxed) }

    public func write(_ line: [UInt8]) {
        lock.withLock { _ in
            line.withUnsafeBytes { bytes in
                var sent = 0
                while sent < bytes.count {
                    let count = Glibc.write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
                    if count >= 0 {
                        sent += count
                    } else if errno == EAGAIN, waitUntilWritable() {
                        continue
                    } else if errno != EINTR {
                        dropped.add(1, ordering: .relaxed)
                        return
                    }
                }
            }
        }
    }

    private func waitUntilWritable() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, 1_000) == 1
    }
}
