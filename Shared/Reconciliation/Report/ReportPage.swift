/// What the page says: every text of it, in words and units, ready to be put into the template. The members are named for
/// their places in Templates/report.mustache; no two levels share a name, because a template that does not find a name in an
/// element looks for it further out.
struct ReportPage {
    struct Term {
        var term: String
        var detail: String
    }
    struct Fact {
        var label: String
        var figure: String
        /// Decimals beyond the second, in smaller type.
        var figureTail: String
        var remark: String
    }
    struct MoneyRow {
        var moneyCurrency: String
        var moneyExpected: String
        var moneyActual: String
        var moneyDifference: String
        var moneyAdjustments: String
        var moneyDiffers: Bool
    }
    struct EventRow {
        var eventCurrency: String
        var impressions: String
        var clicks: String
        var conversions: String
        var videoViews: String
    }
    struct CheckRow {
        var checkClass: String
        var checkMark: String
        var checkWords: String
        var checkTitle: String
        var checkNote: String?
        var checkCompared: String
        var checkDiffering: String
    }
    struct FindingRow {
        var findingWords: String
        var findingCount: String
        var findingMoney: String?
        var findingEvents: String?
        var findingExplanation: String
    }
    struct PartitionRow {
        var partitionName: String
        var partitionRange: String
        var partitionLog: String
        var partitionHash: String
    }

    var documentTitle: String
    var verdictClass: String
    var verdictMark: String
    var headline: String
    var lede: String
    var facts: [Fact]
    var compared: [Term]
    var hasTotals: Bool
    var money: [MoneyRow]
    var eventRows: [EventRow]
    var hasPicture: Bool
    var pictures: [SpendPicture]
    var hasChecks: Bool
    var checkRows: [CheckRow]
    var checkSummary: String
    var hasDifferences: Bool
    var differenceSummary: String
    var cards: [DifferenceCard]
    var classRows: [DifferenceCard.ClassRow]
    var externalTerms: [Term]
    var hasExternal: Bool
    var findingRows: [FindingRow]
    var hasFindings: Bool
    var methodLines: [String]
    var hasMethod: Bool
    var assumptionLines: [String]
    var hasAssumptions: Bool
    var signatureTerms: [Term]
    var partitionRows: [PartitionRow]
    var hasPartitions: Bool
    var footer: String
}
