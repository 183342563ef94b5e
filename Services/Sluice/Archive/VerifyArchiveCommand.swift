import Archive
import ArgumentParser

/// `sluice archive verify`: reads everything that is archived.
struct VerifyArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks every byte of an archive.",
        discussion: """
            Names, the order of segments and the holes between them, every checksum, every record. Each fault is a line; \
            the last line is "archive: N segments, N records, N bytes, no fault" (exit code 0), or says how many faults \
            there are (exit code 1). What an archiver has not finished yet is passed over.

            Checksums notice damage. A segment that somebody wrote anew with checksums that hold, without one of its \
            records, is whole as far as this command can see: `sluice reconcile` finds the event missing.
            """)

    @OptionGroup var archive: ArchiveOptions
    @Option(help: "Only this topic.")
    var topic: String?
    @Flag(help: "Show no progress.")
    var quiet = false

    func run() async throws {
        let folder = try archive.folder()
        Interruption.install()
        let topics = try topic.map { [$0] } ?? folder.topics()
        var total: Int64 = 0
        for topic in topics {
            // Where names do not hold, the total is only a little wrong; the check itself says what is.
            for partition in try folder.partitions(of: topic) {
                total += Int64((try? folder.segments(of: topic, partition).count) ?? 0)
            }
        }
        var progress = ProgressLine(title: "segments", total: total)
        var verification = ArchiveVerification()
        var done: Int64 = 0
        for topic in topics {
            try folder.verify(topic: topic, into: &verification) { _ in
                done += 1
                if !quiet { progress.update(done) }
                return !Interruption.isRequested
            } fault: { fault in
                progress.clear()
                Output.write(TerminalText.safe("\(fault)") + "\n")
            }
        }
        progress.clear()
        if Interruption.isRequested {
            throw CommandFailure(
                .interrupted,
                "interrupted after \(verification.segments) of \(total) segments, \(verification.faults) faults so far")
        }
        let read =
            "archive: \(Amount.count(Int64(verification.segments))) segments, \(Amount.count(verification.records)) records, "
            + "\(Amount.count(verification.bytes)) bytes"
        guard verification.faults > 0 else { return Output.write(read + ", no fault\n") }
        Output.write(read + ", \(verification.faults) faults\n")
        throw ExitCode(CommandFailure.Code.difference.rawValue)
    }
}
