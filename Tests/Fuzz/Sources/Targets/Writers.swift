import Foundation
import Logging
import Streams

@testable import Connectors
@testable import Runtime
@testable import Sluice

/// Everything that writes JSON, with texts from the input: Foundation reads the same texts from it, and nothing breaks
/// a line.
func fuzzJSON(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    let key = input.text()
    let value = input.text()
    let rest = String(decoding: input.remainder(), as: UTF8.self)
    requireRuntimeJSON(key, value, rest)
    requireHeaders([
        RecordHeader(name: key, value: nil), RecordHeader(name: value, value: []),
        RecordHeader(name: rest, value: Array(bytes)),
    ])
    requireLogLines(key, value, rest)
}

private func requireRuntimeJSON(_ key: String, _ value: String, _ rest: String) {
    var json = Runtime.JSONText()
    json.beginArray()
    json.beginObject()
    json.field(key, value)
    json.endObject()
    json.value(rest)
    json.endArray()
    let found = parsed(json.bytes) as? [Any]
    let members = found?.first as? [String: String]
    require(members.map { $0.count == 1 } == true, "\(json.string)")
    if let member = members?.first {
        require(same(member.key, key) && same(member.value, value), "\(json.string)")
    }
    require((found?.last as? String).map { same($0, rest) } == true, "\(json.string)")
    require(!json.string.unicodeScalars.contains(where: Runtime.JSONText.mustEscape), "not escaped: \(json.string)")

    let other = Sluice.JSONText.string(rest)
    require((parsed(Array("[\(other)]".utf8)) as? [String])?.first.map { same($0, rest) } == true, other)
    require(!other.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "not escaped: \(other)")
}

/// As the dead-letter table keeps them. PostgreSQL's jsonb cannot hold the zero character: its picture stands for it.
private func requireHeaders(_ headers: [RecordHeader]) {
    let text = HeaderText.json(headers)
    guard let found = parsed(Array(text.utf8)) as? [[String: Any]], found.count == headers.count else {
        require(false, "not read: \(shown(text))")
        return
    }
    require(!text.utf8.contains(0), "a zero byte")
    for (header, read) in zip(headers, found) {
        let name = String(String.UnicodeScalarView(header.name.unicodeScalars.map { $0 == "\0" ? "\u{2400}" : $0 }))
        require((read["name"] as? String).map { same($0, name) } == true, shown(text))
        let value = (read["value"] as? String).map { Data(base64Encoded: $0).map { Array($0) } }
        require(header.value == nil ? read["value"] is NSNull : value == header.value, shown(text))
    }
}

private func parsed(_ bytes: [UInt8]) -> Any? { try? JSONSerialization.jsonObject(with: Data(bytes)) }

private func requireLogLines(_ key: String, _ value: String, _ rest: String) {
    for format in LogFormat.allCases {
        let lines = Lines()
        var logger = StructuredLogHandler(service: "sluice", format: format, sink: lines, now: { 0 })
        logger[metadataKey: key] = .string(value)
        logger[metadataKey: "list"] = .array([.string(rest), .dictionary([value: .string(key)])])
        logger.log(
            event: LogEvent(
                level: .info, message: "\(rest)", metadata: nil, source: "s", file: "f", function: "f", line: 1))
        let line = lines.bytes
        let scalars = String(decoding: line.dropLast(), as: UTF8.self).unicodeScalars
        require(line.last == 10 && !scalars.contains(where: Runtime.JSONText.mustEscape), shown(line))
        guard format == .json else { continue }
        let found = parsed(line) as? [String: Any]
        let event = found?["event"] as? String
        if rest.utf8.count <= StructuredLogHandler.maximumValueBytes {
            require(event.map { same($0, rest) } == true, shown(line))
        } else {
            require(event.map { $0.utf8.count <= StructuredLogHandler.maximumValueBytes + 64 } == true, shown(line))
        }
    }
}

private final class Lines: LogSink, @unchecked Sendable {
    // One thread writes and reads.
    var bytes: [UInt8] = []
    func write(_ line: [UInt8]) { bytes += line }
}

/// The tables of the command in their three forms, with cells from the input: as JSON and CSV they are read again as
/// they were, a spreadsheet takes no cell of text for a formula, and on a terminal every row is one line.
func fuzzTable(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    var table = Table([Table.Column("first"), Table.Column("a_number", numeric: true), Table.Column("last")])
    var texts: [[String]] = []
    while !input.isEmpty, texts.count < 16 {
        texts.append([input.text(), String(input.int64()), input.text()])
        table.rows.append(texts[texts.count - 1].enumerated().map { $0 == 1 ? .number(Int64($1) ?? 0) : .text($1) })
    }
    let read = records(ofCSV: Array(table.rendered(as: .csv).utf8))
    require(read?.count == texts.count + 1, "\(read?.count ?? -1) records of CSV: \(shown(table.rendered(as: .csv)))")
    for (row, cells) in zip(texts, read?.dropFirst() ?? []) {
        require(cells.count == 3, "\(cells.count) cells")
        for column in [0, 2] where cells.count == 3 {
            let cell = cells[column]
            require(!(cell.first.map { "=+-@\t\r".utf8.contains($0) } ?? false), "a formula: \(shown(cell))")
            let isMarked = row[column].utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
            require(
                Array(((isMarked ? "'" : "") + row[column]).utf8) == cell, "\(shown(cell)) of \(shown(row[column]))")
        }
    }
    let json = parsed(Array(table.rendered(as: .json).utf8)) as? [[String: Any]]
    require(json?.count == texts.count, "\(json?.count ?? -1) objects")
    for (row, object) in zip(texts, json ?? []) {
        require((object["last"] as? String).map { same($0, row[2]) } == true, shown(row[2]))
        require((object["a_number"] as? NSNumber)?.int64Value == Int64(row[1]), row[1])
    }
    let plain = table.rendered(as: .table)
    require(plain.utf8.filter { $0 == 10 }.count == texts.count + 2, "lines of \(shown(plain))")
    require(plain.unicodeScalars.allSatisfy { $0 == "\n" || TerminalText.safe(String($0)) == String($0) }, shown(plain))
}

/// RFC 4180, strictly; nil for what it does not allow.
private func records(ofCSV bytes: [UInt8]) -> [[[UInt8]]]? {
    var records: [[[UInt8]]] = []
    var record: [[UInt8]] = []
    var place = 0
    while place < bytes.count {
        var field: [UInt8] = []
        if bytes[place] == 0x22 {
            place += 1
            while true {
                guard place < bytes.count else { return nil }
                if bytes[place] == 0x22 {
                    place += 1
                    guard place < bytes.count, bytes[place] == 0x22 else { break }
                }
                field.append(bytes[place])
                place += 1
            }
        } else {
            while place < bytes.count, ![0x2C, 0x0D, 0x0A, 0x22].contains(bytes[place]) {
                field.append(bytes[place])
                place += 1
            }
        }
        record.append(field)
        guard place < bytes.count else { return nil }
        if bytes[place] == 0x2C {
            place += 1
            // A comma at the end of a line stands before an empty field.
            if place < bytes.count, bytes[place] == 0x0D { record.append([]) } else { continue }
        }
        guard place + 1 < bytes.count, bytes[place] == 0x0D, bytes[place + 1] == 0x0A else { return nil }
        place += 2
        records.append(record)
        record = []
    }
    return record.isEmpty ? records : nil
}

/// Metrics with names, labels, help and values from the input: the exposition is OpenMetrics for a strict reader, and
/// label values are read again as they were.
func fuzzMetrics(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    let registry = OpenMetricsRegistry(maximumSeries: 12, maximumSeriesPerFamily: 4)
    while !input.isEmpty {
        let kind = input.byte()
        let name = input.text()
        let labels = (0..<Int(kind >> 4 % 3)).map { _ in (input.text(), input.text()) }
        let help = kind & 8 == 0 ? "" : input.text()
        let value = Double(bitPattern: input.integer())
        // Lengths of time and sizes: the format allows a sum of them only where it cannot fall.
        let size = value.isNaN ? 0 : value.magnitude
        switch kind % 8 {
        case 0: registry.counter(name, labels: labels, help: help).increment(by: input.int16())
        case 1: registry.floatingCounter(name, labels: labels, help: help).increment(by: value)
        case 2: registry.gauge(name, labels: labels, help: help).set(value)
        case 3: registry.histogram(name, labels: labels, help: help).observe(size)
        case 4: registry.callbackGauge(name, labels: labels, help: help) { value }
        case 5: registry.callbackCounter(name, labels: labels, help: help) { value }
        case 6: registry.histogram(name, labels: labels, buckets: HistogramMetric.sizeBuckets).observe(size)
        default: registry.remove(name, labels: labels)
        }
    }
    let text = registry.exposition()
    do {
        _ = try OpenMetricsParser(text)
    } catch {
        require(false, "\(error) in \(shown(text))")
    }
    let label = String(decoding: bytes.prefix(MetricNames.maximumLabelBytes / 4), as: UTF8.self)
    let single = OpenMetricsRegistry()
    single.gauge("a_gauge", labels: [("l", label)], help: label).set(1.0)
    let family = try? OpenMetricsParser(single.exposition()).families["a_gauge"]
    require(family?.samples.first?.labels["l"].map { same($0, label) } == true, shown(single.exposition()))
    if !label.isEmpty { require(family?.help.map { same($0, label) } == true, shown(single.exposition())) }
}
