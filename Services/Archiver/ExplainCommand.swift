import Archive
import ArgumentParser
import Runtime

/// `archiver explain`: what is kept, what is promised, and what that rests on.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Print what the archiver does, its guarantee and the assumptions.",
        discussion: "Uses the given settings where they matter; connects to nothing.")
    @OptionGroup var options: ArchiverOptions

    func run() async throws {
        try await CommandFailure.guarded { print(Self.text(try ArchiverConfiguration.load(options, connects: false))) }
    }

    static func text(_ configuration: ArchiverConfiguration) -> String {
        let retention =
            configuration.retentionMilliseconds == 0
            ? "everything is kept"
            : "segments whose records are all older than \(configuration.retentionMilliseconds / 3_600_000) h are removed, "
                + "the oldest first; the last segment of a partition stays"
        return """
            topic \(configuration.topic) -> one writer a partition -> \
            \(configuration.folder.path)/\(configuration.topic)/PARTITION/FIRST-LAST.segment

            A segment is finished at \(configuration.segmentBytes >> 20) MiB of records, at an age of \
            \(configuration.segmentAgeMilliseconds / 1_000) s, and at SIGTERM. Until then its records are in the topic alone.
            Retention: \(retention).

            Guarantee: every committed record of the topic from the offset at which the archive began is in exactly one
            segment, with its offset, timestamp, key, payload and headers as they were. A segment that is there is complete
            and never changes. Consecutive segments cover consecutive offsets; a hole is an error of every reader.

            Why it holds
            - The folder is the progress: a partition goes on after the last offset of its last segment. There is no
              second place that could disagree.
            - A segment is written under another name, made durable, and given its name by a link that never replaces.
              A process that is killed leaves a file that is thrown away; its records are read from the topic again.
            - One process at a time holds the lock of the topic's folder.
            - At the start the last archived records are compared with the topic. Another topic under the same name, an end
              before the archive's end or a beginning after it stop the archiver with an error.

            It rests on
            - A file system of one machine with link, rename and fsync that mean what POSIX says. Not on a bucket that is
              mounted as a file system, and the lock does not reach over machines.
            - The topic keeps records longer than the archiver stands still, and longer than the age of a segment.
            - Offsets that the topic never delivers (transaction markers, aborted records, what compaction removed before
              it was read) are covered by a segment without a record. Nobody can tell them from records that were removed.
            - Where nothing of the archive's end is left in the topic, nothing proves that it is the same topic: a warning
              and sluice_archive_unverifiable_total say so.
            - Checksums notice damage, not forgery: whoever may write to the folder can write a segment that holds.
              The reconciler notices events that are missing.
            """
    }
}
