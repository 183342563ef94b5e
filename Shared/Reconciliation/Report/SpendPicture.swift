/// Spend over time in one currency, and below it what the results have more or less than the log gives. The places in it are
/// not money: they are computed in floating point, of a drawing that is 10,000 wide and stretched to its page.
struct SpendPicture {
    struct Tick {
        var tickLabel: String
        /// In percent of the width, or of the height from the top.
        var tickPlace: String
        var tickIsMinor = false
        var tickIsLast = false
    }
    /// One hour as two bars, for runs that have only one or two of them.
    struct Pair {
        var pairLabel: String
        var pairExpected: String
        var pairActual: String
        /// Lengths in percent.
        var pairExpectedLength: String
        var pairActualLength: String
        var pairDifference: String?
    }
    struct HourRow {
        var hourStart: String
        var hourExpected: String
        var hourActual: String
        var hourDifference: String
        var hourIsOff: Bool
        var hourRows: String
    }

    var pictureName: String
    var pictureCurrency: String
    var pictureTitle: String
    /// What one sees, for those who do not.
    var pictureDescription: String
    var pictureUnit: String
    var pictureIsDense = false
    var isSeries = false
    var isPairs = false
    var pairs: [Pair] = []
    /// Paths of SVG: the area of what the log gives, the line of what the results say, lines of the grid.
    var expectedPath = ""
    var actualPath = ""
    var gridPath = ""
    var morePath = ""
    var lessPath = ""
    var countPath = ""
    var amountTicks: [Tick] = []
    var timeTicks: [Tick] = []
    var hasHourRows = false
    var hourRows: [HourRow] = []
    var hourRowsCaption = ""
    var differenceLabel = ""

    static let width = 10_000.0
    static let height = 3_000.0
    static let laneHeight = 1_000.0

    /// One a currency, in the order of the totals, the largest three.
    static func pictures(of report: ReconciliationReport) -> [SpendPicture] {
        var currencies: [String] = []
        for currency in report.totals.map(\.currency) + report.hours.map(\.currency)
        where !currencies.contains(currency) {
            currencies.append(currency)
        }
        let step = SpendSeries.step(of: report.hours)
        return currencies.compactMap { currency in
            let points = report.hours.filter { $0.currency == currency }.map(SpendSeries.Point.init)
            return SpendSeries(points, step: step).map { SpendPicture($0, currency: currency) }
        }.prefix(3).map { $0 }
    }

    init(_ series: SpendSeries, currency: String) {
        pictureName =
            "picture-"
            + currency.unicodeScalars.filter { $0.properties.isAlphabetic && $0.isASCII }.map(String.init).joined()
        pictureCurrency = currency
        pictureUnit = series.unitWords
        pictureTitle = "Spend in \(currency) \(series.unitWords)"
        let differing = series.points.filter(\.differs)
        let first = CivilTime(milliseconds: series.points[0].start).text
        let last = CivilTime(milliseconds: series.points[series.points.count - 1].start).text
        let outcome: String
        switch (differing.count, series.points.count) {
        case (0, 1): outcome = "The log and the results agree."
        case (0, _): outcome = "The log and the results agree in every \(series.unit)."
        case (_, 1): outcome = "The log and the results differ."
        case (let some, let all): outcome = "The log and the results differ in \(some) of \(all) \(series.units)."
        }
        pictureDescription =
            series.points.count == 1
            ? "The \(series.unit) from \(first) UTC. \(outcome)"
            : "\(series.units.prefix(1).uppercased() + series.units.dropFirst()) from \(first) to \(last) UTC. \(outcome)"
        if series.points.count <= 2 {
            isPairs = true
            addPairs(series)
        } else {
            isSeries = true
            pictureIsDense = series.points.count > 200
            addSeries(series)
        }
        addHourRows(differing, of: series)
    }

    private mutating func addPairs(_ series: SpendSeries) {
        let most = Double(max(series.points.map { max($0.expected, $0.actual) }.max()?.value ?? 0, 1))
        func length(_ amount: Nanos) -> String { Self.percent(max(0, Double(amount.value) / most)) }
        pairs = series.points.map { point in
            Pair(
                pairLabel: CivilTime(milliseconds: point.start).text + " UTC", pairExpected: point.expected.units(),
                pairActual: point.actual.units(), pairExpectedLength: length(point.expected),
                pairActualLength: length(point.actual),
                pairDifference: point.expected == point.actual
                    ? nil : (point.actual - point.expected).units(signed: true))
        }
    }

    private mutating func addSeries(_ series: SpendSeries) {
        let count = Double(series.points.count)
        func x(_ index: Int) -> Int { Int((Double(index) / count * Self.width).rounded()) }
        let scale = AmountScale(series.points.flatMap { [$0.expected, $0.actual] })
        func y(_ amount: Nanos) -> Int { Int(((1 - scale.place(amount)) * Self.height).rounded()) }
        let zero = y(Nanos(0))
        expectedPath = "M0 \(zero)"
        for (index, point) in series.points.enumerated() {
            // A gap between a few bars shows that they are bars; among many it would be a moiré.
            let gap = series.points.count <= 48 ? Int(Self.width / count / 6) : 0
            if gap > 0 { expectedPath += "V\(zero)" }
            expectedPath += "H\(x(index) + gap / 2)V\(y(point.expected))H\(x(index + 1) - gap + gap / 2)"
            actualPath += (index == 0 ? "M" : "L") + "\(x(index)) \(y(point.actual))H\(x(index + 1))"
        }
        expectedPath += "V\(zero)Z"
        for tick in scale.ticks {
            gridPath += "M0 \(y(tick))H\(Int(Self.width))"
            amountTicks.append(
                Tick(
                    tickLabel: AmountScale.label(tick), tickPlace: Self.percent(1 - scale.place(tick))))
        }
        timeTicks = series.ticks.enumerated().map { number, tick in
            Tick(
                tickLabel: tick.label, tickPlace: Self.percent(Double(tick.index) / count), tickIsMinor: number % 2 == 1
            )
        }
        addDifferences(series, x: x)
    }

    private mutating func addDifferences(_ series: SpendSeries, x: (Int) -> Int) {
        let most = series.points.map { ($0.actual - $0.expected).value.magnitude }.max() ?? 0
        let middle = Self.laneHeight / 2
        for (index, point) in series.points.enumerated() where point.differs {
            let off = point.actual - point.expected
            guard off != Nanos(0), most > 0 else {
                // Rows differ, the money adds up: a mark on the line.
                countPath += "M\((x(index) + x(index + 1)) / 2) \(Int(middle) - 90)v180"
                continue
            }
            // However small it is beside the largest, it can be seen.
            let length = max(0.08, Double(off.value.magnitude) / Double(most)) * middle
            let end = Int(off.value > 0 ? middle - length : middle + length)
            let bar = "M\(x(index)) \(Int(middle))V\(end)H\(x(index + 1))V\(Int(middle))Z"
            if off.value > 0 { morePath += bar } else { lessPath += bar }
        }
        differenceLabel =
            most == 0 ? "no difference" : "scale: \(Nanos(Int128(clamping: most)).units()) \(pictureCurrency) each way"
    }

    private mutating func addHourRows(_ differing: [SpendSeries.Point], of series: SpendSeries) {
        let shown = differing.sorted {
            let (a, b) = (($0.actual - $0.expected).value.magnitude, ($1.actual - $1.expected).value.magnitude)
            return a == b ? $0.start < $1.start : a > b
        }.prefix(10)
        hourRows = shown.sorted { $0.start < $1.start }.map { point in
            HourRow(
                hourStart: CivilTime(milliseconds: point.start).text, hourExpected: point.expected.units(),
                hourActual: point.actual.units(), hourDifference: (point.actual - point.expected).units(signed: true),
                hourIsOff: point.actual != point.expected,
                hourRows: Nanos.count(point.differingRows))
        }
        hasHourRows = !hourRows.isEmpty
        let what = "\(series.units) that differ, \(pictureCurrency)"
        hourRowsCaption =
            differing.count > shown.count
            ? "The \(shown.count) of \(differing.count) \(what), with the largest differences"
            : what.prefix(1).uppercased() + what.dropFirst()
    }

    /// A part of 1 as percent with two decimals, whatever the locale.
    private static func percent(_ part: Double) -> String {
        let hundredths = Int((min(max(part, 0), 1) * 10_000).rounded())
        let decimals = hundredths % 100
        return "\(hundredths / 100).\(decimals < 10 ? "0" : "")\(decimals)"
    }
}
