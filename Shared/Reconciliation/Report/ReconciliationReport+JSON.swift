internal import FoundationEssentials

extension ReconciliationReport {
    /// The report as canonical JSON: keys sorted, indented, a line end at the end. What is nil is left out.
    ///
    /// - Throws: `ReportError` where an amount of the report is not a decimal number.
    public func json() throws -> String {
        try checkAmounts()
        return String(decoding: try Self.encoded(self, isPretty: true), as: UTF8.self) + "\n"
    }

    /// Reads what `json()` wrote. Members that are not known are passed over.
    ///
    /// - Throws: `ReportError` for text that is no report, and for a report of another schema version.
    public init(json: String) throws {
        struct Version: Decodable { var schemaVersion: Int }
        let data = Data(json.utf8)
        let decoder = JSONDecoder()
        let version: Int
        do {
            version = try decoder.decode(Version.self, from: data).schemaVersion
        } catch {
            throw ReportError(
                "This is no reconciliation report: it is not a JSON object with a schemaVersion.",
                hint: "Reports are what `sluice reconcile --format json` writes.")
        }
        guard version == Self.currentSchemaVersion else {
            throw ReportError(
                "The report has schema version \(version); this program reads version \(Self.currentSchemaVersion).",
                hint: "Read it with the program that wrote it"
                    + (version > Self.currentSchemaVersion ? ", or with a newer one." : "."))
        }
        do {
            self = try decoder.decode(Self.self, from: data)
        } catch let error as DecodingError {
            throw ReportError("The report is damaged: \(Self.text(error)).", hint: "Write it again.")
        }
        try checkAmounts()
    }

    /// The bytes that two reports about the same thing have in common: canonical JSON, without blanks, of everything but
    /// - what tells one run from another: `id`, `createdAtMilliseconds`, `program`, `cost`;
    /// - where the records were read: `scope.source`, `external.source`, and of each partition where its log began and ended;
    /// - `signatures`, which sign those things too;
    /// - prose: `method`, `assumptions`, the checks' titles and notes, and explanations.
    ///
    /// Whatever is added to the report is a figure until it is named here.
    public func figures() throws -> [UInt8] {
        var report = self
        report.id = ""
        report.createdAtMilliseconds = 0
        report.program = ""
        report.cost = Cost()
        report.scope.source = ""
        report.external?.source = ""
        for index in report.scope.partitions.indices {
            report.scope.partitions[index].logStart = 0
            report.scope.partitions[index].logEnd = 0
        }
        report.signatures = []
        report.method = []
        report.assumptions = []
        for index in report.checks.indices {
            report.checks[index].title = ""
            report.checks[index].note = nil
        }
        for index in report.differences.indices { report.differences[index].explanation = "" }
        for index in report.findings.indices { report.findings[index].explanation = "" }
        return [UInt8](try Self.encoded(report, isPretty: false))
    }

    /// The report under its id, which follows from its figures.
    public func sealed() throws -> ReconciliationReport {
        var report = self
        report.id = String(SHA256.hexadecimal(of: try figures()).prefix(16))
        return report
    }

    private static func encoded(_ report: Self, isPretty: Bool) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return try encoder.encode(report)
    }

    private static func text(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let keys = context.codingPath + (last.map { [$0] } ?? [])
            let path = keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
            return path.hasPrefix(".") ? String(path.dropFirst()) : path
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context, key)) is missing"
        case .valueNotFound(_, let context): return "\(place(context)) is null"
        case .typeMismatch(_, let context): return "\(place(context)) is of another type"
        case .dataCorrupted(let context):
            let path = place(context)
            return path.isEmpty ? "it is not JSON" : "\(path) has a value that is not known"
        @unknown default: return "it cannot be decoded"
        }
    }

    /// Amounts are text, so that no reader makes floating-point numbers of them; here it is seen to that they are numbers.
    func checkAmounts() throws(ReportError) {
        func check(_ amount: String, _ place: @autoclosure () -> String) throws(ReportError) {
            guard Nanos(amount) != nil else {
                throw ReportError("The report is damaged: \(place()) is not a whole number of nanos.")
            }
        }
        for (index, total) in totals.enumerated() {
            try check(total.expectedNanos, "totals[\(index)].expectedNanos")
            try check(total.actualNanos, "totals[\(index)].actualNanos")
            try check(total.adjustmentNanos, "totals[\(index)].adjustmentNanos")
        }
        for (index, hour) in hours.enumerated() {
            try check(hour.expectedNanos, "hours[\(index)].expectedNanos")
            try check(hour.actualNanos, "hours[\(index)].actualNanos")
        }
        for (index, difference) in differences.enumerated() {
            try check(difference.nanos, "differences[\(index)].nanos")
        }
        for (index, finding) in findings.enumerated() {
            for (part, amount) in finding.nanos.enumerated() {
                try check(amount.value, "findings[\(index)].nanos[\(part)].value")
            }
        }
        if let external { try check(external.toleranceNanos, "external.toleranceNanos") }
    }
}
