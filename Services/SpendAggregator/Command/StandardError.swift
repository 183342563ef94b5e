import Glibc

/// Standard error as a target of `print`.
struct StandardError: TextOutputStream {
    static var shared: StandardError {
        get { StandardError() }
        set { _ = newValue }
    }

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}
