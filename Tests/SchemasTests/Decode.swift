import Schemas

/// Reads with the hot path's reader; nil where the bytes do not decode.
func decode(_ bytes: [UInt8]) -> AdEvent? {
    // Something in every field: whatever is left of it shows that the reader did not reset it.
    var event = AdEvent(
        idHigh: 1, idLow: 2, idLength: 3, eventTimeMilliseconds: 4, advertiserID: 5, campaignID: 6, adGroupID: 7,
        adID: 8, type: 9, pricing: 10, priceMicros: 11, currency: CurrencyCode(rawValue: 12), placement: 13,
        country: 14, userHash: 15, invalidReason: 16
    )
    return bytes.withUnsafeBytes { AdEventReader.read($0, into: &event) } ? event : nil
}

/// The bytes that hexadecimal digits spell; nil where they spell none.
func bytes(hex: String) -> [UInt8]? {
    let digits = hex.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0]! << 4 | digits[$0 + 1]!) }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
