import Postgres
import Schemas
import Streams

/// Adjustments as parameters, in the order of `spend.add_adjustments`.
struct AdjustmentRows {
    private var partitions = Int4ArrayBuilder()
    private var ids = ByteaArrayBuilder()
    private var eventTimes = TimestamptzArrayBuilder()
    /// Advertiser, campaign, ad group, ad.
    private var places = Array(repeating: Int8ArrayBuilder(), count: 4)
    private var amounts = NumericArrayBuilder()
    private var currencies = TextArrayBuilder()
    private var reasons = TextArrayBuilder()
    private var references = TextArrayBuilder()

    var count: Int { partitions.count }

    var parameters: [PostgresParameter] {
        [partitions.parameter, ids.parameter, eventTimes.parameter] + places.map(\.parameter)
            + [amounts.parameter, currencies.parameter, reasons.parameter, references.parameter]
    }

    mutating func append(_ adjustment: SpendAdjustment, partition: Partition) {
        partitions.append(partition.rawValue)
        withUnsafeBytes(of: (adjustment.idHigh.bigEndian, adjustment.idLow.bigEndian)) { ids.append($0) }
        eventTimes.append(unixMilliseconds: adjustment.eventTimeMilliseconds)
        places[0].append(adjustment.advertiserID)
        places[1].append(adjustment.campaignID)
        places[2].append(adjustment.adGroupID)
        places[3].append(adjustment.adID)
        amounts.append(Int128(adjustment.amountNanos))
        currencies.append(adjustment.currency.description)
        adjustment.reason.withBytes { reasons.append(utf8: $0) }
        adjustment.reference.withBytes { references.append(utf8: $0) }
    }
}
