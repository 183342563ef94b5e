import Foundation
import Testing

@testable import Sluice

@Suite struct TruthFileTests {
    @Test func readsBackWhatWasWritten() throws {
        try withTruthFile(events: 30_000) { path, truth in
            let reader = try TruthReader(path: path)
            #expect(reader.topic == "ad-events")
            #expect(reader.rules == truth.rules)
            #expect(reader.partitions == truth.partitions)
            #expect(reader.records == 30_000)
            #expect(
                reader.deadLetters
                    == truth.deadLetters.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) })
            var rows: [TruthKeeper.RowKey: TruthKeeper.Row] = [:]
            while let row = try reader.nextRow() { rows[row.key] = row.row }
            #expect(rows == truth.rows)
            #expect(try reader.nextRow() == nil)
        }
    }

    @Test(arguments: [
        ("sluice-truth\t1", "sluice-truth\t2", "version 2"),
        ("sluice-truth\t1", "something", "not a truth file"),
        ("\nend\t", "\nEnd\t", "unexpected line"),
        ("rule\thorizon_ms\t600000", "rule\thorizon_ms\t", "not a number"),
        ("\tUSD\t", "\t", "eleven values"),
        ("partition\t1\t", "partition\t0\t", "comes twice"),
        ("partition\t0\t", "partition\t0\t-5\t-5\t0\t0\t0\t0\t-\npartition\t9\t", "no log can have"),
        (
            "partition\t0\t",
            "partition\t8\t\(Int64.max)\t\(Int64.max)\t0\t0\t0\t0\t-\n"
                + "partition\t9\t\(Int64.max)\t\(Int64.max)\t0\t0\t0\t0\t-\npartition\t0\t", "no log can have"
        ),
    ])
    func refusesADamagedFile(_ old: String, _ new: String, _ message: String) throws {
        try withTruthFile(events: 2_000) { path, _ in
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let place = try #require(text.range(of: old))
            try text.replacingCharacters(in: place, with: new).write(toFile: path, atomically: true, encoding: .utf8)
            let failure = #expect(throws: CommandFailure.self) { try Self.readAll(path) }
            #expect(failure?.code == .usage)
            #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
        }
    }

    @Test func refusesAFileThatWasCutShortOrLostALine() throws {
        try withTruthFile(events: 2_000) { path, _ in
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let lines = text.split(separator: "\n")
            let whole = lines.map { $0 + "\n" }
            for kept in [whole.dropLast(), whole.dropLast(20), whole[..<10] + whole[11...]] {
                try kept.joined().write(toFile: path, atomically: true, encoding: .utf8)
                #expect(throws: CommandFailure.self) { try Self.readAll(path) }
            }
            try String(text.dropLast(3)).write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: CommandFailure.self) { try Self.readAll(path) }
            #expect(throws: CommandFailure.self) { try Self.readAll(path + ".none") }
        }
    }

    @Test func leavesNothingBehindThatIsNotComplete() throws {
        let folder = try TemporaryFolder()
        #expect(throws: CommandFailure.self) { try LineWriter(path: folder.path + "/missing/truth") }
        do {
            let writer = try LineWriter(path: folder.path + "/truth")
            try writer.write(["half"])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    private static func readAll(_ path: String) throws {
        let reader = try TruthReader(path: path)
        while try reader.nextRow() != nil {}
    }

    private func withTruthFile(events: Int64, _ body: (String, TruthKeeper) throws -> Void) throws {
        let folder = try TemporaryFolder()
        var run = GenerationRun(shape: StreamShape(seed: 23, events: events), sink: nil, keepsTruth: true)
        try run.send(rate: nil, showsProgress: false)
        let path = folder.path + "/truth.tsv"
        try run.truth.write(to: path, topic: "ad-events")
        try body(path, run.truth)
    }
}
