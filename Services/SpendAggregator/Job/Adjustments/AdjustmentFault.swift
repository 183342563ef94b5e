public import Streams

/// Why an adjustment cannot be applied: the fixed codes of the contract, in the order in which they are judged.
/// See proto/sluice/ads/v1/README.md.
public enum AdjustmentFault: UInt8, CaseIterable, Sendable {
    case emptyPayload = 1
    case undecodable
    case adjustmentID
    case amount
    case currency
    case eventTime
    case reason
    case reference

    /// The code that is stored with the dead letter.
    public var code: String {
        switch self {
        case .emptyPayload: "empty_payload"
        case .undecodable: "undecodable"
        case .adjustmentID: "adjustment_id"
        case .amount: "amount"
        case .currency: "currency"
        case .eventTime: "event_time"
        case .reason: "reason"
        case .reference: "reference"
        }
    }

    public var fault: Fault { Fault(rawValue: rawValue) }
}
