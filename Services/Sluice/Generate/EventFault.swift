/// What can be wrong with an event that decodes, and the payloads that hold nothing: each becomes a dead letter.
///
/// `overflow` is missing among them because no record can have it: with prices of at most 10^12 a charge is at most
/// 10^15 nanos.
enum EventFault: Int, CaseIterable {
    case nullPayload, emptyPayload
    case idMissing, idTooShort, idTooLong
    case typeUnspecified, typeUnknown
    case pricingUnspecified, pricingUnknown
    case priceNegative, priceTooHigh
    case currencyMissing, currencyLowercase, currencyTooLong
    case timeZero, timeNegative, timeAfter2099, timeTooFarAhead
    /// Two faults at once: the first in the order of judgement names the reason.
    case idAndPrice, typeAndCurrency

    /// Makes a sound record faulty.
    func apply(to record: inout GeneratedRecord) {
        switch self {
        case .nullPayload: record.payload = .null
        case .emptyPayload: record.payload = .empty
        case .idMissing: record.event.idByteCount = 0
        case .idTooShort: record.event.idByteCount = 15
        case .idTooLong: record.event.idByteCount = 36
        case .typeUnspecified: record.event.type = 0
        case .typeUnknown: record.event.type = 5
        case .pricingUnspecified: record.event.pricing = 0
        case .pricingUnknown: record.event.pricing = -1
        case .priceNegative: record.event.priceMicros = -record.event.priceMicros - 1
        case .priceTooHigh: record.event.priceMicros = 1_000_000_000_001
        case .currencyMissing: record.event.currency = ""
        case .currencyLowercase: record.event.currency = record.event.currency.lowercased()
        case .currencyTooLong: record.event.currency += "T"
        case .timeZero: record.event.eventTimeMilliseconds = 0
        case .timeNegative: record.event.eventTimeMilliseconds = -record.event.eventTimeMilliseconds
        case .timeAfter2099: record.event.eventTimeMilliseconds = 4_102_444_800_000
        case .timeTooFarAhead:
            record.event.eventTimeMilliseconds = record.timestampMilliseconds + 48 * 3_600_000 + 1
        case .idAndPrice:
            record.event.idByteCount = 8
            record.event.priceMicros = -1
        case .typeAndCurrency:
            record.event.type = 0
            record.event.currency = "?"
        }
    }
}
