import Reconciliation

/// The texts of the job's picture, whose lines the template draws.
struct JobGraph: Sendable, Encodable {
    var graphEvents: String
    var graphSide: String
    var graphHasSide: Bool
    var graphSignals: String
    var graphHasSignals: Bool
    /// Without signals the lower part is empty and cut off.
    var graphWideBox: String
    var graphNarrowBox: String
    var graphRead: String
    var graphSideRead: String
    var graphRepeats: String
    var graphCheckpoints: String
    var graphCommitted: String
    var graphRows: String
    var graphDeadLetters: String
    var graphWaiting: String
    var graphPublished: String
    /// Of those edges on which nothing moves: drawn faint.
    var graphReadClass: String
    var graphSideClass: String
    var graphCommittedClass: String
    var graphLettersClass: String
    var graphPublishedClass: String
    /// All of it in a sentence, for those who do not see the picture.
    var graphWords: String

    init(_ flow: ConsoleState.Flow) {
        func shortened(_ name: String) -> String {
            let text = Array(SafeText.page(name))
            return text.count <= 19 ? String(text) : String(text.prefix(9)) + "…" + String(text.suffix(9))
        }
        let side = [flow.adjustmentsTopic, flow.budgetsTopic].compactMap { $0 }
        graphEvents = shortened(flow.eventsTopic)
        graphSide = side.count == 2 ? "2 topics" : side.first.map(shortened) ?? ""
        graphHasSide = !side.isEmpty
        graphSignals = flow.signalsTopic.map(shortened) ?? ""
        graphHasSignals = flow.signalsTopic != nil
        graphWideBox = flow.signalsTopic == nil ? "0 0 1032 190" : "0 0 1032 296"
        graphNarrowBox = flow.signalsTopic == nil ? "0 0 300 390" : "0 0 300 532"
        graphRead = Self.rate(flow.read)
        graphSideRead = Self.rate(flow.sideRead)
        graphRepeats = Self.rate(flow.duplicates)
        graphCheckpoints = Self.rate(flow.checkpoints)
        graphCommitted = Self.rate(flow.committed)
        graphRows = Self.rate(flow.rows)
        graphDeadLetters = Self.rate(flow.deadLettered)
        graphWaiting = flow.waiting.map { Amount.count($0) } ?? "–"
        graphPublished = Self.rate(flow.published)
        func edge(_ rate: Double?) -> String { rate ?? 0 > 0 ? "edge moves" : "edge" }
        graphReadClass = edge(flow.read)
        graphSideClass = edge(flow.sideRead)
        graphCommittedClass = edge(flow.committed)
        graphLettersClass = edge(flow.deadLettered)
        graphPublishedClass = edge(flow.published)
        graphWords =
            "Read \(graphRead), committed \(graphCommitted), dead-lettered \(graphDeadLetters)"
            + (graphHasSignals ? ", signals published \(graphPublished), waiting \(graphWaiting)." : ".")
    }

    /// Per second, to about three digits.
    static func rate(_ rate: Double?) -> String {
        guard let rate, rate.isFinite else { return "–" }
        if rate == 0 { return "0/s" }
        if rate < 0.1 { return "<0.1/s" }
        if rate < 10 {
            let tenths = Int64((rate * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10)/s" : "\(tenths / 10).\(tenths % 10)/s"
        }
        return Amount.count(Int64(min(rate, 1e15).rounded())) + "/s"
    }
}
