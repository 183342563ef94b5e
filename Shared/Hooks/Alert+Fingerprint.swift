import Objectives

extension Alert {
    /// What makes two alerts the same one: their labels, hashed as Prometheus and Alertmanager do it (FNV-1a with 64 bits over
    /// the sorted labels), so that a receiver of both sees one alert.
    var fingerprint: String {
        var hash: UInt64 = 14_695_981_039_346_656_037
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        for (name, value) in labels.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            name.utf8.forEach(add)
            add(0xFF)
            value.utf8.forEach(add)
            add(0xFF)
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// What its group is named for.
    var service: String { labels["service"] ?? "" }
}
