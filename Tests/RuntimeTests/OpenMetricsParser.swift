/// A strict reader of OpenMetrics 1.0 text, for tests: it takes what the specification allows and nothing else, and
/// says which line breaks which rule.
struct OpenMetricsParser {
    struct Fault: Error, CustomStringConvertible {
        var line: Int
        var reason: String
        var description: String { "line \(line): \(reason)" }
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Family {
        var type = "unknown"
        var help: String?
        var unit: String?
        var samples: [Sample] = []
        var seen: Set<String> = []
    }

    private(set) var families: [String: Family] = [:]
    private var current: String?
    private var lineNumber = 0

    init(_ text: String) throws {
        guard text.hasSuffix("# EOF\n") || text == "# EOF" else { throw fault("the text does not end with # EOF") }
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        lines.removeLast()
        for (index, line) in lines.enumerated() {
            lineNumber = index + 1
            if line == "# EOF" {
                guard index == lines.count - 1 else { throw fault("lines after # EOF") }
                break
            }
            if line.hasPrefix("#") { try descriptor(line) } else { try sample(line) }
        }
        for (name, family) in families { try check(name, family) }
        try checkNames()
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        families.values.lazy.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }

    private func fault(_ reason: String) -> Fault { Fault(line: lineNumber, reason: reason) }

    // MARK: Lines

    private mutating func descriptor(_ line: String) throws {
        let parts = line.unicodeScalars.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            .map { String($0) }
        guard parts.count == 4, parts[0] == "#" else { throw fault("not a descriptor: \(line)") }
        let (keyword, name, rest) = (parts[1], parts[2], parts[3])
        guard Self.isName(name, colon: true) else { throw fault("bad name \(name)") }
        try enter(name)
        guard families[name, default: Family()].samples.isEmpty else { throw fault("descriptor after samples") }
        let isNew = families[name]?.seen.insert(keyword).inserted
        guard isNew == true else { throw fault("\(keyword) twice for \(name)") }
        switch keyword {
        case "TYPE":
            guard ["counter", "gauge", "histogram"].contains(rest) else { throw fault("type \(rest)") }
            families[name]?.type = rest
        case "UNIT":
            guard name.hasSuffix("_" + rest) else { throw fault("the unit \(rest) does not end the name \(name)") }
            families[name]?.unit = rest
        case "HELP":
            let help = try unescaped(rest)
            families[name]?.help = help
        default: throw fault("unknown descriptor \(keyword)")
        }
    }

    /// Families must not interleave.
    private mutating func enter(_ name: String) throws {
        guard current != name else { return }
        guard families[name] == nil else { throw fault("the family \(name) appears again") }
        families[name] = Family()
        current = name
    }

    private mutating func sample(_ line: String) throws {
        var rest = Substring(line)
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        guard Self.isName(name, colon: true) else { throw fault("bad sample name in: \(line)") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" { (labels, rest) = try self.labels(rest.dropFirst()) }
        guard rest.first == " " else { throw fault("no blank before the value") }
        let value = try number(String(rest.dropFirst()))
        guard let family = current, let type = families[family]?.type, name.hasPrefix(family) else {
            throw fault("the sample \(name) belongs to no family")
        }
        let suffix = String(name.dropFirst(family.count))
        let allowed = ["counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]][type] ?? []
        guard allowed.contains(suffix) else { throw fault("the sample \(name) does not fit a \(type) \(family)") }
        guard type != "histogram" || labels["le"] == nil || suffix == "_bucket" else {
            throw fault("le outside of a bucket")
        }
        let sample = Sample(name: name, labels: labels, value: value)
        let others = families[family]?.samples ?? []
        if others.contains(where: { $0.name == name && $0.labels == labels }) {
            throw fault("the series appears twice: \(line)")
        }
        families[family]?.samples.append(sample)
    }

    /// Scalar by scalar: a quotation mark with something that combines with it is another `Character`.
    private func labels(_ text: Substring) throws -> ([String: String], Substring) {
        var rest = text.unicodeScalars
        var labels: [String: String] = [:]
        while true {
            let name = String(rest.prefix { $0 != "=" })
            guard Self.isName(name, colon: false) else { throw fault("bad label name \(name)") }
            rest = rest.dropFirst(name.unicodeScalars.count)
            guard rest.starts(with: "=\"".unicodeScalars) else { throw fault("no quoted value for \(name)") }
            rest = rest.dropFirst(2)
            var raw = String.UnicodeScalarView()
            while let scalar = rest.first, scalar != "\"" {
                raw.append(scalar)
                rest = rest.dropFirst()
                if scalar == "\\", let next = rest.popFirst() { raw.append(next) }
            }
            guard rest.popFirst() == "\"" else { throw fault("the value of \(name) does not end") }
            guard labels.updateValue(try unescaped(String(raw)), forKey: name) == nil else {
                throw fault("\(name) twice")
            }
            let end = rest.popFirst()
            if end == "}" { return (labels, Substring(rest)) }
            guard end == "," else { throw fault("no comma between labels") }
        }
    }

    private func unescaped(_ text: String) throws -> String {
        var result = String.UnicodeScalarView()
        var escaping = false
        for scalar in text.unicodeScalars {
            switch (escaping, scalar) {
            case (true, "\\"), (true, "\""): result.append(scalar)
            case (true, "n"): result.append("\n")
            case (true, _): throw fault("bad escape \\\(scalar)")
            case (false, "\\"): break
            case (false, "\""): throw fault("a quotation mark that is not escaped")
            default: result.append(scalar)
            }
            escaping = !escaping && scalar == "\\"
        }
        guard !escaping else { throw fault("an escape without its character") }
        return String(result)
    }

    private func number(_ text: String) throws -> Double {
        let special = ["NaN": Double.nan, "+Inf": .infinity, "-Inf": -.infinity]
        if let value = special[text] { return value }
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard isPlain, text.first != "+", let value = Double(text), value.isFinite else {
            throw fault("not a number: \(text)")
        }
        return value
    }

    private static func isName(_ name: String, colon: Bool) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
                || (colon && $0 == 0x3A)
        }
    }

    // MARK: Families

    private func check(_ name: String, _ family: Family) throws {
        switch family.type {
        case "counter":
            guard !name.hasSuffix("_total") else { throw fault("the counter family \(name) ends in _total") }
            for sample in family.samples where !(sample.value >= 0) { throw fault("\(sample.name) is \(sample.value)") }
        case "histogram": try checkHistogram(name, family)
        default: break
        }
    }

    private func checkHistogram(_ name: String, _ family: Family) throws {
        let byLabels = Dictionary(grouping: family.samples) { $0.labels.filter { $0.key != "le" } }
        for (labels, samples) in byLabels {
            let buckets = samples.filter { $0.name == name + "_bucket" }
            let bounds = try buckets.map { try number($0.labels["le"] ?? "") }
            guard bounds == bounds.sorted(), Set(bounds).count == bounds.count, bounds.last == .infinity else {
                throw fault("the bounds of \(name) \(labels) do not rise to +Inf: \(bounds)")
            }
            let counts = buckets.map(\.value)
            guard counts == counts.sorted() else { throw fault("the buckets of \(name) are not cumulative") }
            guard samples.first(where: { $0.name == name + "_count" })?.value == counts.last else {
                throw fault("count and last bucket of \(name) differ")
            }
            guard samples.contains(where: { $0.name == name + "_sum" }) else { throw fault("\(name) has no sum") }
        }
    }

    /// No family may have a name that another one writes or reserves.
    private func checkNames() throws {
        var owners: [String: String] = [:]
        let suffixes = [
            "counter": ["", "_total", "_created"], "histogram": ["", "_bucket", "_count", "_sum", "_created"],
        ]
        for (name, family) in families {
            for suffix in suffixes[family.type] ?? [""] {
                if let owner = owners.updateValue(name, forKey: name + suffix) {
                    throw fault("\(owner) and \(name) clash over \(name + suffix)")
                }
            }
        }
    }
}
