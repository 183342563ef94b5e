/// What OpenMetrics 1.0 allows as names, labels and values in its text format.
enum MetricNames {
    static let maximumLabelBytes = 256

    /// The nearest allowed metric name: other characters become `_`, a leading digit gets one before it.
    static func metric(_ name: String) -> String { allowed(name, colon: true) }

    /// The nearest allowed label name; leading double underscores are reserved and lose one.
    static func label(_ name: String) -> String {
        var result = allowed(name, colon: false)
        while result.hasPrefix("__") { result.removeFirst() }
        return result
    }

    private static func allowed(_ name: String, colon: Bool) -> String {
        var result = ""
        for byte in name.utf8 {
            switch byte {
            case 0x61...0x7A, 0x41...0x5A, 0x5F: result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x30...0x39:
                if result.isEmpty { result.append("_") }
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x3A where colon: result.append(":")
            default: result.append("_")
            }
        }
        return result.isEmpty ? "_" : result
    }

    /// Escapes `\`, `"` and newlines, for label values and help texts alike.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The number as the format has it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }

    /// The unit that a name ends with, if it is one that we announce.
    static func unit(of family: String) -> String? {
        ["seconds", "bytes", "ratio"].first { family.hasSuffix("_" + $0) }
    }
}

/// The labels of one series, sorted by name, escaped and ready to be written: equal labels are equal series.
struct MetricLabels: Hashable, Comparable, Sendable {
    /// `a="1",b="2"` without braces.
    let text: String

    init(_ pairs: [(String, String)], reserved: Set<String> = []) {
        var byName: [String: String] = [:]
        for (name, value) in pairs {
            var allowed = MetricNames.label(name)
            while reserved.contains(allowed) || byName[allowed] != nil { allowed += "_" }
            byName[allowed] = Self.cut(value)
        }
        text = byName.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(MetricNames.escaped($0.value))\"" }
            .joined(separator: ",")
    }

    static func < (a: Self, b: Self) -> Bool { a.text < b.text }

    private static func cut(_ value: String) -> String {
        guard value.utf8.count > MetricNames.maximumLabelBytes else { return value }
        var kept = ""
        for character in value where kept.utf8.count + character.utf8.count <= MetricNames.maximumLabelBytes - 3 {
            kept.append(character)
        }
        return kept + "…"
    }
}
