@testable import Schemas

/// The reader of the hot path, the slow model of Google's rules and the generated code over libprotobuf-c, on the same
/// bytes; and back through the writer.
func fuzzWire(_ bytes: UnsafeRawBufferPointer) {
    let payload = Array(bytes)
    // In place: libFuzzer's memory ends where the input ends, so that a read beyond it is seen.
    let event = readEvent(bytes)
    let model = WireModel(payload)
    require((event != nil) == model.accepted, "the reader and the model differ on \(shown(payload))")
    require(readEvent(bytes) == event, "read twice, another answer: \(shown(payload))")
    if let event { requireRoundTrip(of: event) }
    guard payload.count <= AdEventReference.sizeLimit else { return }

    let generated = AdEventReference.decode(payload)
    if let event {
        // Without the places where protobuf-c departs from Google's rules, it reads what the reader read with them.
        require(
            AdEventReference.decode(model.canonical) == event,
            "values differ from the generated code's: \(shown(payload))")
    }
    if model.quirks.isEmpty {
        require(generated == event, "the generated code differs without a reason: \(shown(payload))")
    } else if !model.quirks.isDisjoint(with: [.group, .wrongWireType]), !model.quirks.contains(.tagBeyond32Bits) {
        require(generated == nil, "the generated code accepts a group or a wrong wire type: \(shown(payload))")
    } else if event == nil, model.quirks.isDisjoint(with: [.fieldNumberZero, .tagBeyond32Bits]) {
        require(generated == nil, "the generated code accepts what the reader refuses: \(shown(payload))")
    }
}

/// Any event at all, valid or not, through the writer and both readers.
func fuzzWriter(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    let idLength = Int32(bitPattern: input.integer())
    let event = AdEvent(
        idHigh: input.integer(), idLow: input.integer(), idLength: input.byte() % 2 == 0 ? 16 : idLength,
        eventTimeMilliseconds: number(&input), advertiserID: number(&input), campaignID: number(&input),
        adGroupID: number(&input), adID: number(&input), type: Int32(truncatingIfNeeded: number(&input)),
        pricing: Int32(truncatingIfNeeded: number(&input)), priceMicros: number(&input),
        currency: CurrencyCode(rawValue: input.integer()), placement: Int32(truncatingIfNeeded: number(&input)),
        country: input.integer(), userHash: input.integer(), invalidReason: Int32(truncatingIfNeeded: number(&input)))
    requireRoundTrip(of: event)

    // Behind other bytes in one buffer, as the generator writes: the same bytes, and those before them untouched.
    var buffer = ByteBuffer(capacity: 0)
    let before = input.remainder()
    before.withUnsafeBytes { buffer.append($0) }
    let written = AdEventWriter.append(event, to: &buffer)
    require(
        buffer.bytes.elementsEqual(before + AdEventWriter.encode(event)) && written == buffer.count - before.count,
        "another event behind other bytes: \(event)")
}

/// What is written is read again by both readers, but for what has no place on the wire; and written again it is the
/// same bytes.
func requireRoundTrip(of event: AdEvent) {
    var expected = event
    expected.idLength = min(max(event.idLength, 0), Int32(AdEventWriter.idLengthLimit))
    if expected.idLength != 16 { (expected.idHigh, expected.idLow) = (0, 0) }
    // Three and two bytes are written, whatever they are; a reader makes 0 of what is no currency and no country.
    let packed = event.currency.rawValue
    expected.currency = CurrencyCode(
        bytes: UInt8(truncatingIfNeeded: packed >> 16), UInt8(truncatingIfNeeded: packed >> 8),
        UInt8(truncatingIfNeeded: packed))
    let letters = [UInt8(truncatingIfNeeded: event.country >> 8), UInt8(truncatingIfNeeded: event.country)]
    if !letters.allSatisfy({ (0x41...0x5A).contains($0) }) { expected.country = 0 }

    let written = AdEventWriter.encode(event)
    require(written.count <= AdEventWriter.sizeLimit, "\(written.count) bytes of \(event)")
    let read = written.withUnsafeBytes { readEvent($0) }
    require(read == expected, "written and read: \(String(describing: read)) instead of \(expected)")
    require(AdEventReference.decode(written) == expected, "the generated code reads otherwise: \(shown(written))")
    if event == expected { require(AdEventWriter.encode(expected) == written, "written twice, other bytes") }
}

/// Small numbers, the ends of the range, and any others.
private func number(_ input: inout FuzzInput) -> Int64 {
    switch input.byte() % 6 {
    case 0: 0
    case 1: Int64(Int8(bitPattern: input.byte()))
    case 2: input.int16()
    case 3: .min
    case 4: .max
    default: input.int64()
    }
}

/// Reads in place; nil where the bytes do not decode.
func readEvent(_ bytes: UnsafeRawBufferPointer) -> AdEvent? {
    // Something in every field: whatever is left of it shows that the reader did not reset it.
    var event = AdEvent(
        idHigh: 1, idLow: 2, idLength: 3, eventTimeMilliseconds: 4, advertiserID: 5, campaignID: 6, adGroupID: 7,
        adID: 8, type: 9, pricing: 10, priceMicros: 11, currency: CurrencyCode(rawValue: 12), placement: 13,
        country: 14, userHash: 15, invalidReason: 16)
    return AdEventReader.read(bytes, into: &event) ? event : nil
}
