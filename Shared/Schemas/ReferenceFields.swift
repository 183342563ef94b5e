import CProtobufC

/// What the references make of the bytes and C strings of a message that protobuf-c has unpacked.
enum ReferenceFields {
    /// An id of 16 bytes as two words, the first byte the most significant; zeros for any other length.
    static func id(_ bytes: ProtobufCBinaryData) -> (high: UInt64, low: UInt64) {
        var words: (high: UInt64, low: UInt64) = (0, 0)
        guard bytes.len == 16 else { return words }
        for index in 0..<8 {
            words.high = words.high << 8 | UInt64(bytes.data[index])
            words.low = words.low << 8 | UInt64(bytes.data[index + 8])
        }
        return words
    }

    static func inline<let capacity: Int>(_ text: UnsafePointer<CChar>?) -> InlineText<capacity> {
        guard let text else { return InlineText() }
        return InlineText(UnsafeRawBufferPointer(start: text, count: length(text)))
    }

    static func currency(_ text: UnsafePointer<CChar>?) -> CurrencyCode {
        text.flatMap { CurrencyCode(string($0)) } ?? .none
    }

    static func string(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }

    private static func length(_ text: UnsafePointer<CChar>) -> Int {
        var count = 0
        while text[count] != 0 { count += 1 }
        return count
    }
}
