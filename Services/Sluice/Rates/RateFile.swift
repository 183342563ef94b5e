import Glibc

/// A file of exchange rates: comma-separated values (RFC 4180) under a header, a rate a line.
enum RateFile {
    /// The columns that a file must have, in their order.
    static let columns = ["from_currency", "to_currency", "valid_from", "rate"]
    static let maximumBytes = 16 << 20
    static let maximumRates = 100_000
    static let maximumSourceBytes = 200

    /// All rates of a file.
    ///
    /// - Throws: `CommandFailure` (.usage) with the line of the first thing that is wrong.
    static func read(_ path: String) throws -> [ExchangeRate] { try parse(try contents(path), path: path) }

    /// The same of a text; `path` is for messages.
    static func parse(_ bytes: [UInt8], path: String) throws -> [ExchangeRate] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "\(path) is not UTF-8")
        }
        var rates: [ExchangeRate] = []
        var lineOfKey: [String: Int] = [:]
        var hasHeader = false
        // By scalars: for characters, a carriage return and a line feed are one.
        for (index, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            func wrong(_ what: String) -> CommandFailure {
                CommandFailure(.usage, "\(path), line \(index + 1): \(what); nothing was imported")
            }
            var scalars = line.last == "\r" ? line.dropLast() : line
            if index == 0, scalars.first == "\u{FEFF}" { scalars = scalars.dropFirst() }
            guard !scalars.isEmpty else { continue }
            guard let fields = CSV.fields(scalars) else { throw wrong("a quoted field does not end on its line") }
            guard hasHeader else {
                guard fields == columns || fields == columns + ["source"] else {
                    throw wrong("the header must be \(columns.joined(separator: ",")) and may end with ,source")
                }
                hasHeader = true
                continue
            }
            guard rates.count < maximumRates else { throw wrong("a file has at most \(maximumRates) rates") }
            let rate: ExchangeRate
            do throws(Refusal) { rate = try Self.rate(fields) } catch { throw wrong(error.reason) }
            if let other = lineOfKey.updateValue(index + 1, forKey: "\(rate.from)\(rate.to)\(rate.validFrom)") {
                throw wrong("line \(other) has a rate from \(rate.from) to \(rate.to) on \(rate.validFrom), too")
            }
            rates.append(rate)
        }
        guard hasHeader else { throw CommandFailure(.usage, "\(path) is empty: it needs a header") }
        return rates
    }

    private struct Refusal: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func rate(_ fields: [String]) throws(Refusal) -> ExchangeRate {
        guard fields.count == 4 || fields.count == 5 else { throw Refusal("has \(fields.count) fields, not 4 or 5") }
        for name in fields.prefix(2) where name.utf8.count != 3 || !name.utf8.allSatisfy({ (0x41...0x5A).contains($0) })
        {
            throw Refusal("\"\(shown(name))\" is not a currency of three letters from A to Z")
        }
        guard fields[0] != fields[1] else { throw Refusal("\(fields[0]) is not converted into itself") }
        guard let validFrom = CalendarDate(fields[2]) else {
            throw Refusal("\"\(shown(fields[2]))\" is not a date, such as 2026-01-15")
        }
        guard isRate(fields[3]) else {
            throw Refusal(
                "\"\(shown(fields[3]))\" is not a rate: digits with a point, above 0, at most 12 before the point and 20 behind it"
            )
        }
        let source = fields.count == 5 ? fields[4] : ""
        guard source.utf8.count <= maximumSourceBytes, !source.utf8.contains(0) else {
            throw Refusal("the source is longer than \(maximumSourceBytes) bytes, or has a zero byte")
        }
        return ExchangeRate(from: fields[0], to: fields[1], validFrom: validFrom, rate: fields[3], source: source)
    }

    /// A field in a message: its beginning is enough.
    private static func shown(_ field: String) -> String { field.count > 40 ? field.prefix(40) + "…" : field }

    /// Whether it is a decimal number above 0 without sign and exponent.
    private static func isRate(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, (1...12).contains(parts[0].count), parts.count == 1 || (1...20).contains(parts[1].count)
        else { return false }
        let digits = parts.joined()
        return digits.allSatisfy { (0x30...0x39).contains($0) } && digits.contains { $0 != 0x30 }
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw CommandFailure(.usage, "\(path) is larger than \(maximumBytes) bytes: import it in parts")
            }
        }
    }
}
