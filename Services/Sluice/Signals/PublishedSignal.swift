import Schemas

/// A signal as it stands in its topic.
struct PublishedSignal: Equatable {
    var partition: Int32
    var offset: Int64
    var key: String?
    var signal: BudgetSignal

    /// Where it stands, for messages.
    var place: String { "\(partition):\(offset)" }
}
