import Glibc

/// Standard error as a target of `print`.
public struct StandardError: TextOutputStream {
    public static var shared: StandardError {
        get { StandardError() }
        set { _ = newValue }
    }

    public mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}
