/// A number with a unit, such as a weight or a length: `1.5 kg`. Exact, in millionths of the unit.
public struct Quantity<Unit: Sendable & Equatable>: Sendable, Equatable {
    public let micros: Int64
    public let unit: Unit
}

extension Quantity where Unit: FoldedValue {
    /// A number above zero, at most 100,000, and a unit, with or without a space between them. A single separator is
    /// a decimal point: nobody writes the thousands of a parcel's weight.
    init(parsing text: Span<UInt8>) throws(ValueFault) {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw .empty }
        var end = trimmed.lowerBound
        while end < trimmed.upperBound, text[end].isDigit || text[end] == 0x2E || text[end] == 0x2C { end += 1 }
        if end == trimmed.lowerBound { throw text[end] == UInt8(ascii: "-") ? .negative : .notANumber }
        micros = try DecimalReader.micros(text.extracting(trimmed.lowerBound..<end), single: .decimals)
        guard micros > 0, micros <= 100_000_000_000 else { throw .outOfRange }
        guard end < trimmed.upperBound else { throw .unitMissing }
        do throws(ValueFault) {
            unit = try Unit(folding: text.extracting(end..<trimmed.upperBound))
        } catch { throw .unitUnknown }
    }

    func append(to bytes: inout [UInt8]) {
        DecimalReader.append(micros: micros, minimumDecimals: 0, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        bytes.append(unit.spelling)
    }
}

extension Quantity<WeightUnit> {
    public init(weight text: Span<UInt8>) throws(ValueFault) { self = try Quantity(parsing: text) }
}

extension Quantity<LengthUnit> {
    public init(length text: Span<UInt8>) throws(ValueFault) { self = try Quantity(parsing: text) }
}
