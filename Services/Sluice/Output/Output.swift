import Glibc

/// Where commands write. Where nobody reads any more (`| head`), the command ends with SIGPIPE, as others do.
enum Output {
    /// Writes what was asked for.
    static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes bytes as they are.
    static func write(bytes: [UInt8]) { write(bytes[...], to: STDOUT_FILENO) }

    /// Writes what the operator should know besides.
    static func note(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8)[...], to: descriptor) }

    private static func write(_ all: ArraySlice<UInt8>, to descriptor: Int32) {
        var bytes = all
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
