/// A record as it is sent: where, with which timestamp, and what it holds.
struct GeneratedRecord: Equatable {
    var partition: Int32 = 0
    /// The record's own timestamp: when it arrived, in milliseconds of Unix time; -1 for none.
    var timestampMilliseconds: Int64 = 0
    var payload = PayloadModel.event
    /// The event; where the payload is not `.event` what it would have been, which names key and partition.
    var event = AdEventModel()
}
