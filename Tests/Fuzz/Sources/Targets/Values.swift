import Foundation
import Schemas

@testable import Runtime
@testable import Sluice

/// Values as people type them: two readers of durations agree, what is written is read again as the same, and
/// Foundation reads instants alike.
func fuzzValues(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    requireDurations(text)
    requireInstants(text)
    requireNames(text)
    if bytes.count >= 8 {
        var input = FuzzInput(bytes)
        requireNumbers(input.int64(), input.int128())
    }
    let dump = HexDump.text(Array(bytes))
    require(dump.split(separator: "\n").count == (bytes.count + 15) / 16, "the lines of a dump")
    require(dump.utf8.allSatisfy { $0 == 10 || (0x20...0x7E).contains($0) }, "a dump that is not printable")
    require(HexDump.plain(Array(bytes)) == shown(Array(bytes)), "hexadecimal digits")
}

private func requireDurations(_ text: String) {
    let span = TimeSpan(text)?.milliseconds
    let setting = ConfigurationValue.milliseconds(text)
    if let span, text != "0" { require(setting == span, "\(shown(text)): \(span), \(String(describing: setting))") }
    if let setting {
        require(setting >= 0, "\(shown(text)) is \(setting)")
        let written = ConfigurationValue.text(milliseconds: setting)
        require(ConfigurationValue.milliseconds(written) == setting, "\(shown(text)) is written \(written)")
    }
    if let size = ConfigurationValue.bytes(text) { require(size >= 0, "\(shown(text)) is \(size)") }
    if let number = ConfigurationValue.integer(text) {
        require(ConfigurationValue.integer(String(number)) == number, "\(shown(text)) is \(number)")
        require(text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }, shown(text))
    }
    if ConfigurationValue.bool(text) != nil { require(text.utf8.count <= 5, shown(text)) }
}

private func requireInstants(_ text: String) {
    let now = Instant(milliseconds: 1_767_225_600_000)
    guard let instant = Instant(text, now: now) else { return }
    requireWritten(instant)
    if text.hasPrefix("now") { require(abs(instant.milliseconds - now.milliseconds) <= 3_155_760_000_000, shown(text)) }
}

/// Four digits of a year are what RFC 3339 has.
private func requireWritten(_ instant: Instant) {
    let written = instant.description
    guard (-62_167_219_200_000..<253_402_300_800_000).contains(instant.milliseconds) else { return }
    require(
        Instant(written, now: Instant(milliseconds: 0)) == instant, "\(instant.milliseconds) is written \(written)")
    let log = LogTimestamp.text(instant.milliseconds)
    require(Instant(log, now: Instant(milliseconds: 0)) == instant, "\(instant.milliseconds) is logged as \(log)")
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    // Foundation changes to the Julian calendar before 1583.
    if instant.milliseconds > -12_212_553_600_000, let date = try? style.parse(log) {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded())
        require(milliseconds == instant.milliseconds, "\(log) is \(milliseconds) for Foundation")
    }
}

private func requireNames(_ text: String) {
    if let code = CurrencyCode(text) {
        require(code.isValid && same(code.description, text), "\(shown(text)) is \(code)")
    }
    if let place = LetterPlaceArgument(argument: text) {
        let again = LetterPlaceArgument(argument: "\(place.partition):\(place.offset)")
        require(place == again && place.partition >= 0 && place.offset >= 0, shown(text))
    }
    require(Share(Double(text) ?? 0) == Share(Double(text) ?? 0), shown(text))
    if text.utf8.count <= 64 {
        let names = ["kafka.brokers", "kafka.topic", text + "x"]
        require(NearestName.distance(text, text) == 0, "the distance of \(shown(text)) to itself")
        for name in names {
            require(NearestName.distance(text, name) == NearestName.distance(name, text), "\(shown(text)), \(name)")
        }
        if let nearest = NearestName.of(text, among: names) { require(names.contains(nearest), nearest) }
    }
    let failure = CommandFailure(.usage, text).line
    require(!failure.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, shown(failure))
    let terminal = TerminalText.safe(text)
    require(!terminal.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }, shown(terminal))
}

private func requireNumbers(_ number: Int64, _ nanos: Int128) {
    requireWritten(Instant(milliseconds: number))
    require(LogTimestamp.text(number).utf8.count == 24, "the length of \(LogTimestamp.text(number))")
    require(!TimeSpan(milliseconds: number).description.isEmpty, "\(number)")
    require(Int64(Amount.count(number).filter { $0 != "," }) == number, Amount.count(number))
    for grouped in [false, true] {
        let written = Amount.text(nanos: nanos, grouped: grouped).filter { $0 != "," }
        let parts = written.split(separator: ".", omittingEmptySubsequences: false)
        require(parts.count == 2 && (2...9).contains(parts[1].count), written)
        let digits = parts[0] + parts[1] + String(repeating: "0", count: max(0, 9 - parts[1].count))
        require(Int128(digits) == nanos, "\(nanos) is written \(written)")
        require(Amount.decimals(ofNanos: nanos) <= parts[1].count, written)
    }
}
