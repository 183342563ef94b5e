public import Streams

/// Why a budget cannot be used: the fixed codes of the contract, in the order in which they are judged.
/// See proto/sluice/ads/v1/README.md.
public enum BudgetFault: UInt8, CaseIterable, Sendable {
    case emptyPayload = 1
    case undecodable
    case campaignKey
    case currency
    case amount
    case timeZone
    case period
    case version

    /// The code that is stored with the dead letter.
    public var code: String {
        switch self {
        case .emptyPayload: "empty_payload"
        case .undecodable: "undecodable"
        case .campaignKey: "campaign_key"
        case .currency: "currency"
        case .amount: "amount"
        case .timeZone: "time_zone"
        case .period: "period"
        case .version: "version"
        }
    }

    public var fault: Fault { Fault(rawValue: rawValue) }
}
