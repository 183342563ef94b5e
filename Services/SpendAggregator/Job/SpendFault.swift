public import Streams

/// Why an event cannot be charged: the fixed codes of the contract, in the order in which they are judged.
/// See proto/sluice/ads/v1/README.md.
public enum SpendFault: UInt8, CaseIterable, Sendable {
    case emptyPayload = 1
    case undecodable
    case eventID
    case eventType
    case pricingModel
    case price
    case currency
    case eventTime
    case overflow

    /// The code that is stored with the dead letter.
    public var code: String {
        switch self {
        case .emptyPayload: "empty_payload"
        case .undecodable: "undecodable"
        case .eventID: "event_id"
        case .eventType: "event_type"
        case .pricingModel: "pricing_model"
        case .price: "price"
        case .currency: "currency"
        case .eventTime: "event_time"
        case .overflow: "overflow"
        }
    }

    @inlinable public var fault: Fault { Fault(rawValue: rawValue) }
}
