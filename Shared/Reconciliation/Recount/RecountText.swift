/// Numbers of a recount's files as people read them.
enum RecountText {
    /// 16 digits.
    static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Letters that are bytes of a number, the first the highest; empty for 0.
    static func letters(_ value: UInt32, count: Int) -> String {
        guard value != 0 else { return "" }
        return String(
            decoding: (1...count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * (count - $0))) }, as: UTF8.self)
    }
}
