/// Why a command of `sluice` ended without doing what it was asked for.
///
/// It is the only error that commands show: one line on standard error, and an exit code that scripts can rely on.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    /// What kind of failure it is; the raw value is the exit code of the process.
    enum Code: Int32, Sendable {
        /// A comparison found a difference.
        case difference = 1
        /// The command line, the environment or an input file asks for something that cannot be done.
        case usage = 2
        /// Kafka, PostgreSQL, a file or a local server did not do its part.
        case dependency = 3
        /// What was to be compared could not be.
        case notCompared = 4
        /// Stopped by a signal, as shells number SIGINT.
        case interrupted = 130
    }

    var code: Code
    /// What went wrong with what, and what to do about it; one line.
    var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var description: String { message }

    /// The message on one line, whatever a server put into it.
    var line: String {
        var line = ""
        for scalar in message.unicodeScalars {
            if scalar == "\n" || scalar == "\r" || scalar == "\t" {
                if line.last != " " { line.append(" ") }
            } else if scalar.value < 0x20 || scalar.value == 0x7F {
                line.append("?")
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
