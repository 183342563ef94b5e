import ArgumentParser

/// The operators' command line.
struct SluiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Runs, feeds, inspects and checks Sluice's streaming jobs.",
        discussion: """
            Exit codes: 0 done; 1 a comparison found a difference; 2 the command cannot be carried out as given; \
            3 Kafka, PostgreSQL, a file or a local server failed; 4 what was to be compared could not be; 130 \
            interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            DevCommand.self, GenerateCommand.self, ProgressCommand.self, SpendCommand.self, DeadLettersCommand.self,
            VerifyCommand.self, ReconcileCommand.self, BudgetsCommand.self, AdjustmentsCommand.self,
            SignalsCommand.self, RatesCommand.self, ZonesCommand.self, MinutesCommand.self, TopicsCommand.self,
            ArchiveCommand.self, ObjectivesCommand.self, DoctorCommand.self,
        ])

    /// Parses the arguments, runs the command, and says what went wrong in one line on standard error.
    ///
    /// - Returns: the exit code of the process.
    static func execute(_ arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        // A command that has said all there is to say ends with the bare code.
        if let code = error as? ExitCode { return code.rawValue }
        let code = exitCode(for: error)
        if code.isSuccess {
            // --help and --version arrive as errors.
            Output.write(fullMessage(for: error) + "\n")
            return 0
        }
        // What the parser refuses has a code of its own; any other error is a command's.
        let isRefusal = code == .validationFailure
        var failure = isRefusal ? CommandFailure(.usage, message(for: error)) : CommandFailure(error)
        if isRefusal { failure.message += " (see sluice --help)" }
        Output.note("sluice: \(failure.line)\n")
        return failure.code.rawValue
    }
}
