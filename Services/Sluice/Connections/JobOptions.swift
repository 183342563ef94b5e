import ArgumentParser

/// Which job's results a command is about.
struct JobOptions: ParsableArguments {
    @Option(help: "The job. [SLUICE_JOB]")
    var job: String?

    var name: String { job ?? Environment.value("SLUICE_JOB") ?? "spend-aggregator" }
}
