import Foundation
import Reconciliation
import Streams
import TestKit

/// A folder that goes with the object.
final class RecountFolder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appending(path: "recount-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Names, ascending; none where the folder is not there.
    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    /// Everything in it, in another folder.
    func copy() throws -> RecountFolder {
        let other = RecountFolder()
        try FileManager.default.copyItem(atPath: path, toPath: other.path)
        return other
    }
}

/// All that a recount says, for comparison.
struct RecountOutcome: Equatable {
    var partitions: [RecountedPartition]
    var rows: [SpendRow] = []
    var letters: [RecountedLetter] = []
    var repeats: RepeatFindings
    var across: RepeatFindings
    var hours: Set<Int64>

    init(_ recount: Recount) throws {
        partitions = recount.partitions
        repeats = recount.repeatsBeyondHorizon
        across = try recount.repeatsAcrossPartitions()
        hours = recount.touchedHours
        for level in SpendLevel.allCases where level != .day { rows += try recount.allRows(level) }
        letters = try recount.allLetters()
    }
}

extension Recount {
    func allRows(_ level: SpendLevel, from: Int64? = nil, to: Int64? = nil) throws -> [SpendRow] {
        let stream = try rows(level, from: from, to: to)
        var all: [SpendRow] = []
        while let row = try stream.next() { all.append(row) }
        return all
    }

    func allLetters() throws -> [RecountedLetter] {
        let stream = try letters()
        var all: [RecountedLetter] = []
        while let letter = try stream.next() { all.append(letter) }
        return all
    }

    /// Everything that the log has.
    func advanceToEnd(of log: ScriptedLog) throws {
        for partition in log.partitions() { try advance(partition, in: log, to: log.bounds(of: partition).end) }
    }
}

extension RecountSettings {
    init(horizon: Int64, outOfOrderness: Int64, lookBack: Int64? = nil) {
        self.init()
        horizonMilliseconds = horizon
        outOfOrdernessMilliseconds = outOfOrderness
        lookBackMilliseconds = lookBack
    }
}

extension RecountLimits {
    init(block: Int, rows: Int = 1_000, letters: Int = 1_000) {
        self.init()
        blockRecords = block
        rowsInMemory = rows
        lettersInMemory = letters
    }

    static let tiny = RecountLimits(block: 7, rows: 5, letters: 2)
}

/// The code of a currency as rows have it.
func currencyCode(_ text: String) -> UInt32 { text.utf8.reduce(0) { $0 << 8 | UInt32($1) } }
