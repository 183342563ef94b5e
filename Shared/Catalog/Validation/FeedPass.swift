/// A feed read once from its first byte to its last: rows become items, items are validated, everything is counted.
///
/// ```swift
/// var pass = FeedPass()
/// for chunk in file {
///     var index = 0
///     while pass.next(chunk.span, &index) {
///         if !pass.isRejected { take(pass.item) }
///     }
/// }
/// while pass.finish() { if !pass.isRejected { take(pass.item) } }
/// let report = pass.report
/// ```
///
/// Items are handed over before the end of the feed is known: whoever takes them keeps them back until ``report``
/// says that the feed was not rejected.
public struct FeedPass: Sendable {
    /// The last item; used again for the next one.
    public private(set) var item = ItemAttributes()
    /// The row that it came from.
    public private(set) var row = FeedRow()
    /// What was found about the item.
    public private(set) var findings: [Finding] = []
    /// Whether one of the findings is of the level item.
    public private(set) var isRejected = false
    /// Complete once ``finish()`` has returned false.
    public private(set) var report: ValidationReport

    private var reader: FeedReader
    private var unifier: ItemUnifier
    private let validator: ItemValidator
    private var counters = FeedCounters()
    private let facts: FeedFacts
    private var hasHeaderChecked = false
    private var isEnded = false

    public init(
        format: FeedFormat = .automatic, encoding: FeedEncoding = .automatic, limits: FeedLimits = FeedLimits(),
        dialect: FeedDialect? = nil, defaults: FeedDefaults = FeedDefaults(),
        settings: ValidationSettings = ValidationSettings(), facts: FeedFacts = FeedFacts(), samplesPerCode: Int = 10
    ) {
        reader = FeedReader(format: format, encoding: encoding, limits: limits)
        unifier = ItemUnifier(dialect: dialect, defaults: defaults)
        var settings = settings
        settings.country = settings.country ?? defaults.country
        validator = ItemValidator(settings: settings)
        self.facts = facts
        report = ValidationReport(samplesPerCode: samplesPerCode)
    }

    public var dialect: FeedDialect? { unifier.dialect }

    /// Columns of the feed that are no attribute of the catalog.
    public var unknownColumns: [String] { unifier.unknownColumns(reader.columns) }

    /// Goes on in a chunk up to the next item. False means that the chunk is used up, or that the feed has ended by
    /// an error, which the report has.
    public mutating func next(_ chunk: Span<UInt8>, _ index: inout Int) -> Bool {
        guard !isEnded else {
            index = chunk.count
            return false
        }
        do throws(FeedError) {
            while try reader.next(chunk, &index, into: &row) {
                if takeRow() { return true }
            }
            return false
        } catch {
            end(error)
            index = chunk.count
            return false
        }
    }

    /// The end of the file: called until it returns false.
    public mutating func finish() -> Bool {
        guard !isEnded else { return false }
        do throws(FeedError) {
            while try reader.finish(into: &row) {
                if takeRow() { return true }
            }
        } catch {
            end(error)
            return false
        }
        isEnded = true
        checkHeader()
        let accepted = report.accepted
        for finding in FeedRules.end(rows: report.rows, items: accepted, facts: facts, settings: validator.settings) {
            report.add(finding, FeedPass.wholeFeed(finding))
        }
        return false
    }

    private mutating func end(_ error: FeedError) {
        isEnded = true
        report.add(error)
    }

    /// Once the names are known: those of a header before its first row, those of XML and JSON at the end.
    private mutating func checkHeader() {
        unifier.meet(columns: reader.columns)
        guard !hasHeaderChecked, reader.format != .automatic else { return }
        hasHeaderChecked = true
        guard !reader.columns.isEmpty else { return }
        for finding in FeedRules.header(known: unifier.knownAttributes, repeated: reader.repeatedColumns) {
            let names = reader.repeatedColumns.joined(separator: ", ")
            var sample = FeedPass.wholeFeed(finding)
            if finding.code == .duplicateHeaders { sample.value = ValidationReport.cut(names) }
            report.add(finding, sample)
        }
    }

    private static func wholeFeed(_ finding: Finding) -> ValidationReport.Sample {
        ValidationReport.Sample(
            line: 0, column: 0, itemId: nil, attribute: finding.attribute, value: nil,
            detail: finding.code == .requiredColumnsMissing ? "has no column \(finding.attribute?.name ?? "")" : nil)
    }

    /// Makes an item of the row; false for a row that is none.
    @inline(__always)
    private mutating func takeRow() -> Bool {
        if !hasHeaderChecked, reader.format == .csv || reader.format == .tsv { checkHeader() }
        report.countRow()
        counters.countRow()
        if let fault = row.fault {
            report.add(fault)
            return false
        }
        unifier.unify(row, columns: reader.columns, into: &item)
        findings.removeAll(keepingCapacity: true)
        validator.validate(item, into: &findings)
        counters.count(item, validator.settings, into: &findings)
        if counters.rows > validator.settings.maximumRows { findings.append(Finding(.feedLengthTooLong)) }
        isRejected = false
        for finding in findings {
            if finding.code.level == .item { isRejected = true }
            report.add(finding, report.wants(finding.code) ? sample(finding) : nil)
        }
        report.add(item: item, isRejected: isRejected)
        return true
    }

    private func sample(_ finding: Finding) -> ValidationReport.Sample {
        var sample = ValidationReport.Sample(
            line: row.line, column: 0, itemId: item[.id].map(ValidationReport.cut), attribute: finding.attribute,
            value: nil, detail: finding.fault?.message)
        guard let attribute = finding.attribute, let cell = unifier.cell(of: attribute) else { return sample }
        sample.line = row.cells[cell].line
        sample.column = Int(row.cells[cell].position)
        sample.value = ValidationReport.cut(row.string(row.cells[cell]))
        return sample
    }
}
