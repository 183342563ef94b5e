import Foundation

/// The totals of a truth file, added up here and not by the program under test.
struct Truth: Sendable, Equatable {
    var records: Int64 = 0
    var duplicates: Int64 = 0
    var deadLetters: Int64 = 0
    var rows = 0
    /// Events in the rows: valid ones of the four types, and invalid ones.
    var counted: Int64 = 0
    var spendNanos: Int128 = 0

    init() {}

    init(path: String) throws {
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            func number(_ index: Int) -> Int64 { Int64(fields[index]) ?? 0 }
            switch fields.first {
            case "partition":
                records += number(3)
                duplicates += number(4)
                deadLetters += number(7)
            case "minute":
                rows += 1
                for index in 5...9 { counted += number(index) }
                spendNanos += Int128(fields[10]) ?? 0
            default: break
            }
        }
    }
}
