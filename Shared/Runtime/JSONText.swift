/// JSON written straight into bytes, for log lines and the admin endpoint. Whatever the input, the output is one
/// line: control characters, line and paragraph separators and direction overrides are written as escapes, so that
/// data can neither start a line of its own nor dress up as something else on a terminal.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    var string: String { String(decoding: bytes, as: UTF8.self) }

    mutating func beginObject() { open(UInt8(ascii: "{")) }
    mutating func endObject() { close(UInt8(ascii: "}")) }
    mutating func beginArray() { open(UInt8(ascii: "[")) }
    mutating func endArray() { close(UInt8(ascii: "]")) }

    mutating func key(_ name: String) {
        comma()
        Self.appendQuoted(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func value(_ text: String) {
        comma()
        Self.appendQuoted(text, to: &bytes)
        needsComma = true
    }

    mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }
    mutating func value(_ number: Int64) { literal(String(number)) }
    /// Whole numbers without a fraction; JSON has no other word for infinity and not-a-number than null.
    mutating func value(_ number: Double) {
        guard number.isFinite else { return literal("null") }
        literal(Int64(exactly: number).map(String.init) ?? String(number))
    }

    mutating func field(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    private mutating func literal(_ text: String) {
        comma()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        comma()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// Appends the text in quotation marks, escaped (RFC 8259, section 7, and what would break a line).
    static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: #"\""#.utf8)
            case "\\": bytes.append(contentsOf: #"\\"#.utf8)
            case "\n": bytes.append(contentsOf: #"\n"#.utf8)
            case "\r": bytes.append(contentsOf: #"\r"#.utf8)
            case "\t": bytes.append(contentsOf: #"\t"#.utf8)
            case _ where mustEscape(scalar): appendEscape(scalar, to: &bytes)
            default: bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// True for what may not reach a line as it is: C0 and C1 controls, U+2028/2029, and direction overrides.
    static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func appendEscape(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: #"\u"#.utf8)
        for shift in [12, 8, 4, 0] as [UInt32] {
            bytes.append(digits[Int((scalar.value >> shift) & 0xF)])
        }
    }
}
