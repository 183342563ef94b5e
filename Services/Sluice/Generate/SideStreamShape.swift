/// What goes with a stream of events into topics beside it: nothing, unless its topics are named.
struct SideStreamShape: Equatable {
    var budgetsTopic: String?
    /// How many campaigns get a budget, the most active ones.
    var budgetCampaigns = 12
    var adjustmentsTopic: String?
    /// The share of charged events that are credited afterwards.
    var adjustmentShare = 0.001
}
