import Streams
import TestKit
import Testing

@testable import Reconciliation

/// A recount that is kept: going on, crashes, damage.
@Suite struct KeptRecountTests {
    static let settings = RecountSettings(horizon: 20_000, outOfOrderness: 30_000)

    static func log(_ count: Int, seed: UInt64 = 5) -> ScriptedLog {
        var first = RandomEvents(seed: seed, horizon: 20_000)
        var second = RandomEvents(seed: seed + 1, horizon: 20_000)
        // The ids of the third partition are those of the first.
        var third = RandomEvents(seed: seed, horizon: 20_000)
        return ScriptedLog([0: first.log(count), 1: second.log(count, from: 1_000), 2: third.log(count / 3)])
    }

    private func open(_ folder: RecountFolder, limits: RecountLimits = .tiny) throws -> Recount {
        try Recount(stateIn: folder.path, topic: "ad-events", settings: Self.settings, limits: limits)
    }

    private func oneShot(_ log: ScriptedLog, to ends: [Int32: Int64]? = nil) throws -> RecountOutcome {
        let recount = try Recount(temporaryIn: "/tmp", settings: Self.settings)
        for partition in log.partitions() {
            let end = ends?[partition.rawValue].map { Offset($0) } ?? log.bounds(of: partition).end
            try recount.advance(partition, in: log, to: end)
        }
        return try RecountOutcome(recount)
    }

    @Test func cutAtEveryOffset() throws {
        let log = Self.log(150)
        let whole = try oneShot(log)
        #expect(whole.across.count > 10 && whole.repeats.count > 3)
        for cut in 0...170 {
            let recount = try Recount(
                temporaryIn: "/tmp", settings: Self.settings,
                limits: RecountLimits(block: 1 + cut % 9, rows: 5, letters: 2))
            for partition in log.partitions() {
                let bounds = log.bounds(of: partition)
                try recount.advance(partition, in: log, to: min(bounds.end, Offset(bounds.start.rawValue + Int64(cut))))
            }
            if cut % 4 == 0 { _ = try RecountOutcome(recount) }
            try recount.advanceToEnd(of: log)
            #expect(try RecountOutcome(recount) == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: [1, 6, 40])
    func reopenedBetweenAllSteps(_ step: Int64) throws {
        let log = Self.log(step == 1 ? 60 : 200)
        let whole = try oneShot(log)
        let folder = RecountFolder()
        var isDone = false
        while !isDone {
            let recount = try open(folder)
            isDone = true
            for partition in log.partitions() {
                let end = log.bounds(of: partition).end
                let stands = recount.partitions.first { $0.partition == partition.rawValue }?.next
                let next = min(end, Offset((stands ?? log.bounds(of: partition).start.rawValue) + step))
                try recount.advance(partition, in: log, to: next)
                if next < end { isDone = false }
            }
            try recount.checkpoint()
        }
        let recount = try open(folder)
        #expect(try RecountOutcome(recount) == whole)
        // Merging keeps the number of files small: two for each doubling, of rows, letters, repeats and three times ids.
        #expect(folder.files.count < 60, "\(folder.files.count)")
    }

    @Test func whatWasNotCheckpointedIsForgotten() throws {
        let log = Self.log(100)
        let folder = RecountFolder()
        let recount = try open(folder)
        try recount.advance(Partition(0), in: log, to: Offset(60))
        try recount.checkpoint()
        let before = try RecountOutcome(recount)
        recount.dropMinutes(before: .max)
        try recount.advanceToEnd(of: log)
        _ = try RecountOutcome(recount)
        recount.close()
        let again = try open(folder)
        #expect(try RecountOutcome(again) == before)
        try again.advanceToEnd(of: log)
        #expect(try RecountOutcome(again) == oneShot(log))
    }

    @Test func aCrashBeforeTheManifestLeavesTheGenerationBefore() throws {
        struct Crash: Error {}
        let log = Self.log(120)
        let folder = RecountFolder()
        var before: RecountOutcome?
        for end in stride(from: Int64(20), to: 120, by: 10) {
            let recount = try open(folder)
            if let before { #expect(try RecountOutcome(recount) == before) }
            for round in 0...1 {
                let stop = Offset(end + Int64(5 * round))
                try recount.advance(Partition(0), in: log, to: stop)
                try recount.advance(Partition(1), in: log, to: Offset(stop.rawValue + 1_000))
                if round == 0 {
                    try recount.checkpoint()
                    before = try RecountOutcome(recount)
                } else {
                    recount.beforeManifest = { throw Crash() }
                    #expect(throws: Crash.self) { try recount.checkpoint() }
                    // It has failed: nothing is answered any more.
                    #expect(throws: RecountError.self) { try recount.letters() }
                }
            }
            recount.close()
        }
        try folder.write([1, 2, 3], to: "ids-999999.run")
        try folder.write([1, 2, 3], to: "manifest.json.new")
        try folder.write([1, 2, 3], to: "notes.txt")
        let recount = try open(folder)
        #expect(try RecountOutcome(recount) == before)
        recount.close()
        let last = try open(folder)
        let named = try manifest(folder).names
        #expect(Set(folder.files) == named.union(["manifest.json", "lock", "notes.txt"]))
        try last.advanceToEnd(of: log)
        #expect(try RecountOutcome(last) == oneShot(log))
    }

    private func manifest(_ folder: RecountFolder) throws -> RecountManifest {
        try RecountManifest.decoded(
            try folder.read("manifest.json"), from: RunFolder(temporaryIn: folder.path))
    }

    /// What a file system may show after a crash while a generation was being written: of its files, which the manifest
    /// does not name yet, some are there, some are cut short.
    @Test func filesOfAGenerationThatWasNotNamedDoNotMatter() throws {
        let log = Self.log(120)
        let folder = RecountFolder()
        let recount = try open(folder)
        try recount.advance(Partition(0), in: log, to: Offset(50))
        try recount.checkpoint()
        let before = try RecountOutcome(recount)
        let named = try manifest(folder).names
        try recount.advance(Partition(0), in: log, to: Offset(100))
        var copies: [RecountFolder] = []
        recount.beforeManifest = { copies = try (0..<4).map { _ in try folder.copy() } }
        try recount.checkpoint()
        let after = try RecountOutcome(recount)
        recount.close()
        #expect(before != after)
        for (number, copy) in copies.enumerated() {
            let fresh = copy.files.filter { $0.hasSuffix(".run") && !named.contains($0) }
            #expect(!fresh.isEmpty && named.isSubset(of: copy.files))
            for (place, name) in fresh.enumerated() where place % 2 == number % 2 {
                if number < 2 { try copy.remove(name) } else { try copy.write([1], to: name) }
            }
            let again = try open(copy)
            #expect(try RecountOutcome(again) == before)
            try again.advance(Partition(0), in: log, to: Offset(100))
            #expect(try RecountOutcome(again) == after)
        }
        #expect(try RecountOutcome(open(folder)) == after)
    }

    @Test func damageIsRefused() throws {
        let log = Self.log(120)
        let folder = RecountFolder()
        let recount = try open(folder)
        try recount.advanceToEnd(of: log)
        try recount.checkpoint()
        recount.close()
        let runs = folder.files.filter { $0.hasSuffix(".run") }
        #expect(Set(runs.map { $0.split(separator: "-")[0] }) == ["ids", "rows", "letters", "repeats"])
        for name in runs + ["manifest.json"] {
            let bytes = try folder.read(name)
            for place in [0, 8, 16, bytes.count / 2, bytes.count - 1] {
                var damaged = bytes
                damaged[place] ^= 0x04
                try expectDamage(folder, name, damaged)
            }
            try expectDamage(folder, name, Array(bytes.dropLast(1)))
            try expectDamage(folder, name, bytes + [0])
            try expectDamage(folder, name, [])
            try folder.write(bytes, to: name)
        }
        // A figure that could be: nothing but the checksum tells.
        let manifest = String(decoding: try folder.read("manifest.json"), as: UTF8.self)
        let changed = manifest.replacing("\"generation\":1", with: "\"generation\":7")
        #expect(changed != manifest)
        try expectDamage(folder, "manifest.json", Array(changed.utf8))
        try folder.write(Array(manifest.utf8), to: "manifest.json")
        try folder.remove(runs[0])
        let error = #expect(throws: RecountError.self) { try open(folder) }
        #expect(error?.code == .damaged && error?.message.contains("\(runs[0]) cannot be opened") == true)
    }

    private func expectDamage(_ folder: RecountFolder, _ name: String, _ bytes: [UInt8]) throws {
        try folder.write(bytes, to: name)
        let error = #expect(throws: RecountError.self, "\(name)") { try open(folder) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("\(folder.path)/\(name)") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("remove the folder \(folder.path) to start the recount afresh") == true)
    }

    @Test func aFolderBelongsToOneProcessAndOneTopicAndItsSettings() throws {
        let folder = RecountFolder()
        let recount = try open(folder)
        let taken = #expect(throws: RecountError.self) { try open(folder) }
        #expect(taken?.code == .locked && taken?.message.contains("open in another process") == true)
        try recount.advanceToEnd(of: Self.log(20))
        try recount.checkpoint()
        let other = #expect(throws: RecountError.self) {
            try recount.advance(Partition(0), in: ScriptedLog(topic: "other", [0: []]), to: Offset(0))
        }
        #expect(other?.message.contains("is of topic ad-events") == true)
        recount.close()
        let topic = #expect(throws: RecountError.self) {
            try Recount(stateIn: folder.path, topic: "clicks", settings: Self.settings)
        }
        #expect(topic?.code == .mismatch && topic?.message.contains("of topic ad-events, not of clicks") == true)
        var settings = Self.settings
        settings.horizonMilliseconds += 1
        let changed = #expect(throws: RecountError.self) {
            try Recount(stateIn: folder.path, topic: "ad-events", settings: settings)
        }
        #expect(changed?.code == .mismatch && changed?.message.contains("horizon 20000 ms") == true)
        #expect(changed?.message.contains("remove the folder") == true)
    }

    @Test func anotherFormatIsRefused() throws {
        let folder = RecountFolder()
        let recount = try open(folder)
        try recount.advanceToEnd(of: Self.log(20))
        try recount.checkpoint()
        recount.close()
        var manifest = try manifest(folder)
        manifest.version = 2
        try folder.write(try manifest.encoded(), to: "manifest.json")
        let error = #expect(throws: RecountError.self) { try open(folder) }
        #expect(error?.code == .mismatch && error?.message.contains("format 2, this one is 1") == true)
    }

    @Test func aTemporaryRecountLeavesNothing() throws {
        let folder = RecountFolder()
        try open(folder).close()
        let before = folder.files
        let recount = try Recount(temporaryIn: folder.path, settings: Self.settings, limits: .tiny)
        try recount.advanceToEnd(of: Self.log(100))
        try recount.checkpoint()
        #expect(folder.files == before)
        let rows = try recount.rows(.minute)
        recount.close()
        #expect(try rows.next() != nil)
        #expect(throws: RecountError.self) { try recount.letters() }
        let missing = #expect(throws: RecountError.self) {
            try Recount(temporaryIn: "\(folder.path)/missing", settings: Self.settings)
        }
        #expect(missing?.code == .files && missing?.message.contains("\(folder.path)/missing") == true)
    }
}
