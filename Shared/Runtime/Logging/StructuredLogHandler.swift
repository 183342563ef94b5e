import Logging

/// Writes each log event as one line with fixed fields first (`ts`, `level`, `service`, `event`) and the metadata
/// after them, sorted by key.
///
/// Whatever the values hold, an event is exactly one line: control characters are escaped, values are cut at
/// ``maximumValueBytes`` with a mark that says how much is missing, and keys beyond ``maximumKeys`` are counted
/// instead of written.
public struct StructuredLogHandler: LogHandler {
    /// Bytes of a value that are kept.
    public static let maximumValueBytes = 4_096
    /// Metadata keys that are kept for an event.
    public static let maximumKeys = 64

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let service: String
    private let format: LogFormat
    private let sink: any LogSink
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - service: The name in every line.
    ///   - sink: Where lines go; standard error in production.
    ///   - now: Unix time in milliseconds.
    public init(
        service: String, format: LogFormat = .json, level: Logger.Level = .info,
        sink: any LogSink = DescriptorLogSink.standardError,
        now: @escaping @Sendable () -> Int64 = StructuredLogHandler.unixMilliseconds
    ) {
        self.service = service
        self.format = format
        self.logLevel = level
        self.sink = sink
        self.now = now
    }

    /// The kernel's clock as Unix time in milliseconds.
    @Sendable public static func unixMilliseconds() -> Int64 { LogTimestamp.now() }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        if let error = event.error, fields["error"] == nil { fields["error"] = .string("\(error)") }
        let sorted = fields.sorted { $0.key < $1.key }
        let line =
            switch format {
            case .json: json(event, sorted)
            case .text: text(event, sorted)
            }
        sink.write(line)
    }

    // MARK: JSON

    private static let ownKeys: Set<String> = ["ts", "level", "service", "event"]

    private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> [UInt8] {
        var json = JSONText()
        json.beginObject()
        json.field("ts", LogTimestamp.text(now()))
        json.field("level", event.level.rawValue)
        json.field("service", service)
        json.field("event", Self.cut("\(event.message)"))
        for (key, value) in fields.prefix(Self.maximumKeys) {
            json.key(Self.ownKeys.contains(key) ? "metadata.\(key)" : Self.cut(key))
            Self.write(value, to: &json, depth: 0)
        }
        if fields.count > Self.maximumKeys {
            json.key("metadata.dropped")
            json.value(Int64(fields.count - Self.maximumKeys))
        }
        json.endObject()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ value: Logger.MetadataValue, to json: inout JSONText, depth: Int) {
        switch value {
        case .dictionary(let members) where depth < 4:
            json.beginObject()
            for (key, member) in members.sorted(by: { $0.key < $1.key }).prefix(maximumKeys) {
                json.key(cut(key))
                write(member, to: &json, depth: depth + 1)
            }
            json.endObject()
        case .array(let elements) where depth < 4:
            json.beginArray()
            for element in elements.prefix(maximumKeys) { write(element, to: &json, depth: depth + 1) }
            json.endArray()
        default:
            json.value(cut("\(value)"))
        }
    }

    // MARK: Text

    private func text(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> [UInt8] {
        let level = event.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - level.count))
        var bytes = Array("\(LogTimestamp.text(now())) \(level)\(padding) \(service): ".utf8)
        Self.appendPlain(Self.cut("\(event.message)"), to: &bytes)
        for (key, value) in fields.prefix(Self.maximumKeys) {
            bytes.append(UInt8(ascii: " "))
            Self.appendPlain(Self.cut(key), to: &bytes)
            bytes.append(UInt8(ascii: "="))
            let shown = Self.cut("\(value)")
            let isBare = !shown.isEmpty && shown.unicodeScalars.allSatisfy(Self.isBare)
            if isBare { bytes.append(contentsOf: shown.utf8) } else { JSONText.appendQuoted(shown, to: &bytes) }
        }
        if fields.count > Self.maximumKeys {
            bytes.append(contentsOf: " metadata.dropped=\(fields.count - Self.maximumKeys)".utf8)
        }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The text without quotation marks around it, escaped like JSON where a line could break.
    private static func appendPlain(_ text: String, to bytes: inout [UInt8]) {
        if text.unicodeScalars.contains(where: JSONText.mustEscape) {
            JSONText.appendQuoted(text, to: &bytes)
        } else {
            bytes.append(contentsOf: text.utf8)
        }
    }

    private static func isBare(_ scalar: Unicode.Scalar) -> Bool {
        scalar != " " && scalar != "\"" && scalar != "=" && scalar != "\\" && !JSONText.mustEscape(scalar)
    }

    // MARK: Limits

    private static func cut(_ text: String) -> String {
        let utf8 = text.utf8
        guard utf8.count > maximumValueBytes else { return text }
        var end = utf8.index(utf8.startIndex, offsetBy: maximumValueBytes)
        // Back to the start of the scalar that the limit falls into.
        while utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        let kept = text[..<end]
        return "\(kept)…[\(utf8.count - kept.utf8.count) bytes cut]"
    }
}
