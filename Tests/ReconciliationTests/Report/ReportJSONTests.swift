import Foundation
import Testing

@testable import Reconciliation

struct ReportJSONTests {
    @Test(arguments: SampleReports.all().keys.sorted())
    func everyReportIsReadBack(name: String) throws {
        let report = try #require(SampleReports.all()[name]).sealed()
        let json = try report.rendered(as: .json)
        #expect(try ReconciliationReport(json: json) == report)
        #expect(try ReconciliationReport(json: json).json() == json)
    }

    @Test func keysAreSorted() throws {
        let lines = try SampleReports.match().sealed().json().split(separator: "\n")
        let keys = lines.filter { $0.hasPrefix("  \"") }.compactMap { $0.split(separator: "\"").dropFirst().first }
        #expect(keys == keys.sorted() && keys.count > 10)
    }

    // MARK: The schema

    /// What JSON Schema's words that the schema uses mean; any other word fails.
    struct Validator {
        let root: [String: Any]
        private(set) var problems: [String] = []
        /// Members of definitions that were met: those that never are may be spelled wrong.
        private(set) var met: Set<String> = []

        mutating func check(_ value: Any, _ schema: [String: Any], _ path: String, _ name: String = "") {
            if let reference = schema["$ref"] as? String {
                let name = String(reference.dropFirst("#/$defs/".count))
                let definition = (root["$defs"] as? [String: Any])?[name] as? [String: Any]
                guard let definition else { return problems.append("\(path): no \(reference)") }
                return check(value, definition, path, name)
            }
            let known: Set = [
                "type", "properties", "required", "additionalProperties", "items", "description", "pattern", "enum",
                "minimum",
                "const", "$schema", "$id", "title", "$defs",
            ]
            for word in schema.keys where !known.contains(word) { problems.append("\(path): \(word) is not checked") }
            switch schema["type"] as? String {
            case "object":
                guard let object = value as? [String: Any] else { return problems.append("\(path) is no object") }
                let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
                for key in object.keys where properties[key] == nil {
                    problems.append("\(path).\(key) is not in the schema")
                }
                for key in schema["required"] as? [String] ?? [] where object[key] == nil {
                    problems.append("\(path).\(key) is missing")
                }
                for (key, property) in properties {
                    guard let member = object[key] else { continue }
                    met.insert("\(name).\(key)")
                    check(member, property, "\(path).\(key)", name)
                }
            case "array":
                guard let array = value as? [Any] else { return problems.append("\(path) is no array") }
                let items = schema["items"] as? [String: Any] ?? [:]
                for element in array { check(element, items, path + "[]", name) }
            case "string":
                guard let text = value as? String else { return problems.append("\(path) is no string") }
                if let allowed = schema["enum"] as? [String], !allowed.contains(text) {
                    problems.append("\(path): \(text)")
                }
                if let pattern = schema["pattern"] as? String,
                    text.range(of: pattern, options: .regularExpression) == nil
                {
                    problems.append("\(path): \(text) is not \(pattern)")
                }
            case "integer":
                guard let number = value as? Int else { return problems.append("\(path) is no integer") }
                if let least = schema["minimum"] as? Int, number < least { problems.append("\(path): \(number)") }
                if let constant = schema["const"] as? Int, number != constant { problems.append("\(path): \(number)") }
            case let other: problems.append("\(path): type \(other ?? "none")")
            }
        }

        var defined: Set<String> {
            var all: Set<String> = []
            let definitions = (root["$defs"] as? [String: Any] ?? [:]).merging(["": root]) { $1 }
            for (name, definition) in definitions {
                for key in ((definition as? [String: Any])?["properties"] as? [String: Any] ?? [:]).keys {
                    all.insert("\(name).\(key)")
                }
            }
            return all
        }
    }

    static func schema() throws -> [String: Any] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "Shared/Reconciliation/Report/report.schema.json")
        return try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    }

    @Test func theSchemaSaysWhatIsWritten() throws {
        var validator = Validator(root: try Self.schema())
        for (name, report) in SampleReports.all() {
            let json = try report.sealed().json()
            validator.check(try JSONSerialization.jsonObject(with: Data(json.utf8)), validator.root, name)
        }
        #expect(validator.problems == [])
        // And it has no members that nothing writes.
        #expect(validator.defined.subtracting(validator.met) == [])
    }

    @Test func theSchemaCanFail() throws {
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(SampleReports.match().sealed().json().utf8)) as? [String: Any])
        object["another"] = 1
        object["records"] = nil
        object["totals"] = [["currency": "EUR", "expectedNanos": 5]]
        object["verdict"] = "fine"
        var validator = Validator(root: try Self.schema())
        validator.check(object, validator.root, "r")
        #expect(validator.problems.contains("r.another is not in the schema"))
        #expect(validator.problems.contains("r.totals[].expectedNanos is no string"))
        #expect(validator.problems.contains("r.totals[].clicks is missing"))
        #expect(validator.problems.contains("r.verdict: fine"))
    }

    @Test func theSchemaListsEveryClass() throws {
        let definitions = try #require(try Self.schema()["$defs"] as? [String: [String: Any]])
        for name in ["difference", "finding"] {
            let properties = definitions[name]?["properties"] as? [String: [String: Any]]
            #expect(properties?["class"]?["enum"] as? [String] == ReconciliationReport.Class.allCases.map(\.rawValue))
        }
    }

    // MARK: What cannot be read

    static func message(_ json: String) -> String {
        do {
            _ = try ReconciliationReport(json: json)
            return "read"
        } catch { return "\(error)" }
    }

    @Test func anotherVersionIsRefused() throws {
        let json = try SampleReports.match().sealed().json()
        let newer = json.replacingOccurrences(of: "\"schemaVersion\" : 1", with: "\"schemaVersion\" : 2")
        #expect(newer != json)
        #expect(
            Self.message(newer)
                == "The report has schema version 2; this program reads version 1. Read it with the program that "
                + "wrote it, or with a newer one.")
        // The version is looked at first: of a later one nothing else can be known.
        #expect(Self.message("{\"schemaVersion\": 7}").hasPrefix("The report has schema version 7;"))
    }

    @Test func whatIsNoReportIsRefused() {
        for text in ["", "[]", "{}", "nonsense", "{\"schemaVersion\":\"1\"}", "<html>"] {
            #expect(Self.message(text).hasPrefix("This is no reconciliation report"), "\(text)")
        }
        #expect(Self.message("{\"schemaVersion\":1}").hasPrefix("The report is damaged: "))
    }

    @Test func damageIsNamed() throws {
        let report = try SampleReports.mismatch().sealed()
        let json = try report.json()
        let kind = json.replacingOccurrences(of: "\"missing_event\"", with: "\"gone\"")
        #expect(
            Self.message(kind)
                == "The report is damaged: differences[0].class has a value that is not known. Write it again.")
        let amount = json.replacingOccurrences(of: "\"\(report.totals[1].actualNanos)\"", with: "\"1e9\"")
        #expect(Self.message(amount) == "The report is damaged: totals[1].actualNanos is not a whole number of nanos.")
        let absent = json.replacingOccurrences(of: "\"headline\"", with: "").replacingOccurrences(
            of: "\"job\"", with: "\"jab\"")
        #expect(Self.message(absent) == "The report is damaged: scope.job is missing. Write it again.")
    }

    @Test(arguments: ReportFormat.allCases)
    func anAmountThatIsNoneIsWrittenInNoFormat(format: ReportFormat) {
        var report = SampleReports.mismatch()
        report.differences[0].nanos = "=1+1"
        #expect(throws: ReportError("The report is damaged: differences[0].nanos is not a whole number of nanos.")) {
            try report.rendered(as: format)
        }
    }

    // MARK: Figures

    @Test func figuresLeaveOutTheRunAndWhereRecordsWereRead() throws {
        let topic = SampleReports.mismatch()
        var archive = topic
        archive.id = "0"
        archive.createdAtMilliseconds += 1
        archive.program = "another"
        archive.cost.wallMilliseconds = 9
        archive.scope.source = "archive"
        archive.external?.source = "elsewhere"
        archive.scope.partitions[0].logStart = 7
        archive.scope.partitions[1].logEnd = 1 << 40
        archive.signatures = []
        archive.method = ["other words"]
        archive.assumptions = []
        archive.checks[0].title = "other words"
        archive.checks[0].note = "read from the archive"
        archive.differences[0].explanation = "other words"
        archive.findings[0].explanation = "other words"
        #expect(try archive.figures() == topic.figures())
        #expect(try archive.sealed().id == topic.sealed().id)
    }

    @Test func whateverElseChangesIsAnotherReport() throws {
        let report = SampleReports.mismatch()
        let id = try report.sealed().id
        #expect(id.count == 16 && id.allSatisfy { $0.isHexDigit })
        let changes: [(inout ReconciliationReport) -> Void] = [
            { $0.verdict = .match }, { $0.obstacle = "x" }, { $0.scope.records += 1 },
            { $0.scope.toMilliseconds = nil },
            { $0.scope.partitions[0].toOffset += 1 }, { $0.scope.partitions[3].contentHash = "0" },
            { $0.checks[2].differing = 1 }, { $0.totals[2].expectedNanos = "1" },
            { $0.totals[0].adjustmentNanos = "0" },
            { $0.hours[5].actualNanos = "1" }, { $0.differenceCount += 1 }, { $0.differences[0].class = .unknown },
            { $0.differences[0].events[0].offset += 1 }, { $0.findings[0].count += 1 }, { $0.external?.within -= 1 },
        ]
        for (number, change) in changes.enumerated() {
            var other = report
            change(&other)
            #expect(try other.sealed().id != id, "change \(number)")
        }
    }
}
