import Archive
import ArgumentParser

/// `sluice archive`: what the archiver has kept.
struct ArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Lists, checks and replays archived topics.",
        subcommands: [ListArchiveCommand.self, VerifyArchiveCommand.self, ReplayArchiveCommand.self])
}

/// Which archive a command reads.
struct ArchiveOptions: ParsableArguments {
    @Option(help: "The folder of the archive. [SLUICE_ARCHIVE_FOLDER]")
    var archiveFolder: String?

    /// - Throws: `CommandFailure` (.usage) where nothing names it.
    func folder() throws -> ArchiveFolder {
        guard let path = archiveFolder ?? Environment.value("SLUICE_ARCHIVE_FOLDER") else {
            throw CommandFailure(.usage, "no archive is named: give --archive-folder or SLUICE_ARCHIVE_FOLDER")
        }
        return ArchiveFolder(path)
    }
}
