import Foundation

@testable import Sluice

/// A file of exchange rates: refused with the place, or rates that are what the contract of the table allows, and the same
/// when they are written in quotes and read again.
func fuzzRateFile(_ bytes: UnsafeRawBufferPointer) {
    let rates: [ExchangeRate]
    do {
        rates = try RateFile.parse(Array(bytes), path: "a-file")
    } catch let failure as CommandFailure {
        require(failure.code == .usage && failure.message.hasPrefix("a-file"), failure.message)
        require(!failure.line.utf8.contains { $0 < 0x20 }, "lines of \(failure.line)")
        return
    } catch {
        require(false, "another error: \(error)")
        return
    }
    var keys: Set<[UInt8]> = []
    var text = "from_currency,to_currency,valid_from,rate,source\r\n"
    for rate in rates {
        for currency in [rate.from, rate.to] {
            require(currency.utf8.count == 3 && currency.utf8.allSatisfy { (65...90).contains($0) }, currency)
        }
        require(rate.from != rate.to, rate.from)
        require(isDate(rate.validFrom.description), rate.validFrom.description)
        require(rate.rate.utf8.allSatisfy { $0 == 46 || (48...57).contains($0) }, rate.rate)
        require((Decimal(string: rate.rate) ?? 0) > 0, rate.rate)
        require(keys.insert(Array("\(rate.from)\(rate.to)\(rate.validFrom)".utf8)).inserted, "twice: \(rate)")
        text += [rate.from, rate.to, rate.validFrom.description, rate.rate, rate.source].map(quoted)
            .joined(separator: ",")
        text += "\r\n"
    }
    let again = try? RateFile.parse(Array(text.utf8), path: "a-file")
    require(again?.count == rates.count, "\(again?.count ?? -1) of \(rates.count) rates are read again")
    for (rate, other) in zip(rates, again ?? []) {
        require(rate == other && Array(rate.source.utf8) == Array(other.source.utf8), "\(rate) is read as \(other)")
    }
}

private func quoted(_ text: String) -> String {
    var field = "\""
    for scalar in text.unicodeScalars {
        if scalar == "\"" { field.unicodeScalars.append("\"") }
        field.unicodeScalars.append(scalar)
    }
    return field + "\""
}

/// By the calendar of Foundation, which is not ours.
private func isDate(_ text: String) -> Bool {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    guard parts.count == 3, text.utf8.count == 10 else { return false }
    var calendar = Calendar(identifier: .iso8601)
    guard let zone = TimeZone(secondsFromGMT: 0) else { return false }
    calendar.timeZone = zone
    // The calendar of ISO 8601 has the rules of the Gregorian one for all years.
    return DateComponents(calendar: calendar, timeZone: zone, year: parts[0], month: parts[1], day: parts[2])
        .isValidDate
}
