/// The samples of an OpenMetrics text. Lenient: a line that is not a sample is passed over, since it is only looked at.
struct MetricsText: Sendable, Equatable {
    struct Sample: Sendable, Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private(set) var samples: [Sample] = []

    init(samples: [Sample]) { self.samples = samples }

    init(_ text: String) {
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
            if let sample = Self.sample(line) { samples.append(sample) }
        }
    }

    /// All samples of a name.
    subscript(name: String) -> [Sample] { samples.filter { $0.name == name } }

    /// The sum of the samples of a name that have these labels; nil where there is none.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let matching = samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return matching.isEmpty ? nil : matching.reduce(0) { $0 + $1.value }
    }

    /// A quantile of a histogram (all of its series together), interpolated within its bucket as Prometheus does it; nil where
    /// nothing was observed. What lies beyond the last bound is given as that bound.
    func quantile(_ quantile: Double, of histogram: String) -> Double? {
        var counts: [Double: Double] = [:]
        for sample in self[histogram + "_bucket"] {
            guard let text = sample.labels["le"], let bound = text == "+Inf" ? .infinity : Double(text) else {
                continue
            }
            counts[bound, default: 0] += sample.value
        }
        let bounds = counts.keys.sorted()
        guard let total = counts[.infinity], total > 0 else { return nil }
        var lower = (bound: 0.0, count: 0.0)
        for bound in bounds {
            let count = counts[bound] ?? 0
            if count >= quantile * total {
                guard bound.isFinite else { return lower.bound }
                let share = count > lower.count ? (quantile * total - lower.count) / (count - lower.count) : 1
                return lower.bound + (bound - lower.bound) * share
            }
            lower = (bound, count)
        }
        return nil
    }

    private static func sample(_ line: Substring.UTF8View) -> Sample? {
        let bytes = Array(line)
        guard let nameEnd = bytes.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: " ") }), nameEnd > 0
        else { return nil }
        var index = nameEnd
        var labels: [String: String] = [:]
        if bytes[index] == UInt8(ascii: "{") {
            index += 1
            while index < bytes.count, bytes[index] != UInt8(ascii: "}") {
                guard let equals = bytes[index...].firstIndex(of: UInt8(ascii: "=")), equals + 1 < bytes.count,
                    bytes[equals + 1] == UInt8(ascii: "\"")
                else { return nil }
                let key = String(decoding: bytes[index..<equals], as: UTF8.self)
                index = equals + 2
                var value: [UInt8] = []
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
                        index += 1
                        value.append(bytes[index] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : bytes[index])
                    } else {
                        value.append(bytes[index])
                    }
                    index += 1
                }
                labels[key] = String(decoding: value, as: UTF8.self)
                index += 1
                if index < bytes.count, bytes[index] == UInt8(ascii: ",") { index += 1 }
            }
            index += 1
        }
        guard index < bytes.count, bytes[index] == UInt8(ascii: " ") else { return nil }
        let rest = bytes[(index + 1)...].prefix { $0 != UInt8(ascii: " ") }
        guard let value = Double(String(decoding: rest, as: UTF8.self)) else { return nil }
        return Sample(name: String(decoding: bytes[..<nameEnd], as: UTF8.self), labels: labels, value: value)
    }
}
