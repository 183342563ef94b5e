import Foundation

/// One line of a service's structured log.
struct LogLine: Sendable {
    /// Every field as text.
    let fields: [String: String]

    /// Nil where the line is no JSON object with an event, such as a crash's backtrace.
    init?(_ text: String) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
            object["event"] != nil
        else { return nil }
        fields = object.mapValues { "\($0)" }
    }

    var event: String { fields["event"] ?? "" }
    /// When it was written.
    var time: Date? { fields["ts"].flatMap { try? Self.timestamps.parse($0) } }
    private static let timestamps = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    subscript(name: String) -> String? { fields[name] }
}
