/// Bytes for people: sixteen a line, in hexadecimal and as ASCII.
enum HexDump {
    static func text(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let line = bytes[start..<min(start + 16, bytes.count)]
            let hexadecimal = line.map(byte).joined(separator: " ")
            let readable = line.map { (0x20...0x7E).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
            let place = String(start, radix: 16)
            text += "  " + String(repeating: "0", count: max(0, 4 - place.count)) + place + "  " + hexadecimal
            text += String(repeating: " ", count: 47 - hexadecimal.count) + "  " + readable + "\n"
        }
        return text
    }

    /// The bytes without blanks between them.
    static func plain(_ bytes: [UInt8]) -> String { bytes.map(byte).joined() }

    private static func byte(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 2 ? digits : "0" + digits
    }
}
