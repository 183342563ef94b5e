@testable import Postgres
@testable import Runtime

/// A connection string: what is shown of it holds none of the passwords that libpq finds in it, and the redacted form
/// of what libpq parsed can be parsed again to the same settings.
func fuzzConnectionString(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    let redacted = ConnectionText.redacted(text)
    guard let string = ConnectionString(text) else { return }
    _ = string.sessionSettings

    let again = ConnectionString(string.redacted)
    let expected = string.values.map { ($0.keyword, $0.isSecret ? "***" : $0.value) }
    let found = (again?.values ?? []).map { ($0.keyword, $0.value) }
    require(
        expected.count == found.count
            && zip(expected, found).allSatisfy { $0.0 == $1.0 && same($0.1, $1.1) },
        "\(shown(string.redacted)) of \(shown(text))")

    for secret in string.secrets where secret.utf8.count >= 4 {
        let isElsewhere = string.values.contains {
            !$0.isSecret && ($0.value.holds(secret) || $0.keyword.holds(secret))
        }
        // A word that stands in the text at another place too may stay there.
        if !isElsewhere, text.occurrences(of: secret) == 1, !"<secret>".holds(secret) {
            require(!redacted.holds(secret), "the password is shown: \(shown(redacted)) of \(shown(text))")
        }
        let message = striking(string.secrets, from: "server says: \(secret)\u{301} \(text)")
        if !"***".holds(secret), !string.secrets.contains(where: { $0 != secret && $0.utf8.count >= 3 }) {
            require(!message.holds(secret), "not struck out: \(shown(message))")
        }
    }
}

/// PostgreSQL's text and binary forms: what is read agrees with the standard library, what is written is taken apart
/// again by its format's definition.
func fuzzPostgresText(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    // The standard library takes a plus sign, PostgreSQL writes none.
    let isPlain = bytes.first != 0x2B
    require(TextFormat.integer(bytes) == (isPlain ? Int64(text) : nil), "an Int64 of \(shown(text))")
    require(TextFormat.integer(bytes) == (isPlain ? Int128(text) : nil), "an Int128 of \(shown(text))")
    require(TextFormat.integer(bytes) == (isPlain ? Int16(text) : nil), "an Int16 of \(shown(text))")

    let hexadecimal = Array("\\x\(shown(Array(bytes)))".utf8)
    require(hexadecimal.withUnsafeBytes { TextFormat.bytea($0) } == Array(bytes), "a bytea of \(shown(text))")
    if let read = TextFormat.bytea(bytes) {
        require(Array("\\x\(shown(read))".utf8) == Array(text.lowercased().utf8), "a bytea of \(shown(text))")
    }
    if let values = TextFormat.int64Array(bytes) {
        let written = "{" + values.map(String.init).joined(separator: ",") + "}"
        let again = Array(written.utf8).withUnsafeBytes { TextFormat.int64Array($0) }
        require(again == values, "an array of \(shown(text))")
    }
    requireQuoting(of: text)
    requireArrays(of: bytes)
}

/// Taken apart as PostgreSQL's scanner does it (manual, 4.1.1 and 4.1.2): doubled quotes stand for one, in the E form
/// doubled backslashes too.
private func requireQuoting(of text: String) {
    let identifier = Array(quoteIdentifier(text).utf8)
    require(unquoted(identifier, by: 0x22, escapes: false) == Array(text.utf8), "an identifier of \(shown(text))")
    var literal = Array(quoteLiteral(text).utf8)
    let escapes = literal.starts(with: " E".utf8)
    if escapes { literal.removeFirst(2) }
    require(escapes == text.utf8.contains(0x5C), "the E form of \(shown(text))")
    require(unquoted(literal, by: 0x27, escapes: escapes) == Array(text.utf8), "a literal of \(shown(text))")
}

/// nil where the text ends before its last byte or does not end.
private func unquoted(_ quoted: [UInt8], by quote: UInt8, escapes: Bool) -> [UInt8]? {
    guard quoted.count >= 2, quoted.first == quote, quoted.last == quote else { return nil }
    var result: [UInt8] = []
    var place = 1
    while place < quoted.count - 1 {
        let byte = quoted[place]
        if byte == quote || (escapes && byte == 0x5C) {
            guard place + 1 < quoted.count - 1, quoted[place + 1] == byte else { return nil }
            place += 1
        }
        result.append(byte)
        place += 1
    }
    return result
}

private func requireArrays(of bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    var numerics = NumericArrayBuilder(minimumBytes: 20)
    var texts = ByteaArrayBuilder(minimumBytes: 20)
    var numbers: [Int128] = []
    var pieces: [[UInt8]?] = []
    while !input.isEmpty {
        numbers.append(input.byte() % 2 == 0 ? input.int128() : Int128(input.int64()))
        numerics.append(numbers[numbers.count - 1])
        let piece = input.byte() % 4 == 0 ? nil : input.run()
        pieces.append(piece)
        if let piece { texts.append(piece) } else { texts.appendNull() }
    }
    let read = elements(of: numerics.parameter, type: .numeric).map { $0.flatMap(wholeNumber) }
    require(read == numbers, "numerics: \(read) instead of \(numbers)")
    let bytea = elements(of: texts.parameter, type: .bytea)
    require(bytea == pieces, "bytea: \(bytea) instead of \(pieces)")
}

/// The elements of a one-dimensional array in its binary form (`array_recv`).
private func elements(of parameter: PostgresParameter, type: PostgresType) -> [[UInt8]?] {
    guard case .array(let array) = parameter else { return [] }
    var rest = Array(UnsafeRawBufferPointer(start: array.storage.start, count: array.byteCount))[...]
    func int32() -> Int32 {
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reduce(0) { $0 << 8 | Int32($1) }
    }
    let (dimensions, hasNulls, elementType) = (int32(), int32(), int32())
    require(elementType == Int32(bitPattern: type.rawValue), "type \(elementType)")
    guard dimensions == 1 else {
        require(dimensions == 0 && rest.isEmpty, "\(dimensions) dimensions")
        return []
    }
    let (count, lowerBound) = (int32(), int32())
    require(lowerBound == 1, "lower bound \(lowerBound)")
    var elements: [[UInt8]?] = []
    for _ in 0..<count {
        let length = Int(int32())
        elements.append(length < 0 ? nil : Array(rest.prefix(length)))
        rest = rest.dropFirst(max(length, 0))
    }
    require(rest.isEmpty && hasNulls == (elements.contains(nil) ? 1 : 0), "\(rest.count) bytes left, nulls \(hasNulls)")
    return elements
}

/// A whole number from the binary form of `numeric` (`numeric_recv`).
private func wholeNumber(_ bytes: [UInt8]) -> Int128? {
    let fields = stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
    guard fields.count >= 4, fields.count == fields[0] + 4, fields[3] == 0, bytes.count % 2 == 0 else { return nil }
    let isNegative = fields[2] == 0x4000
    guard isNegative || fields[2] == 0 else { return nil }
    // From the least significant digit on, towards the sign, so that Int128.min fits.
    var value: Int128 = 0
    for place in 0...fields[1] {
        let digit = place < fields[0] ? fields[4 + place] : 0
        guard digit < 10_000 else { return nil }
        value = value * 10_000 + Int128(isNegative ? -digit : digit)
    }
    return value
}
