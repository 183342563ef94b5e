import Glibc

/// Shows on standard error how far a long piece of work has come: a bar that is redrawn on a terminal, a plain line
/// every few seconds anywhere else.
struct ProgressLine {
    private let title: String
    private let total: Int64
    private let isTerminal: Bool
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var shownAt: ContinuousClock.Instant
    private var isDrawn = false

    init(title: String, total: Int64) {
        self.title = title
        self.total = total
        isTerminal = isatty(STDERR_FILENO) == 1
        started = clock.now
        shownAt = started
    }

    /// Shows the state, unless it was shown a moment ago.
    mutating func update(_ done: Int64) {
        let now = clock.now
        guard now - shownAt >= (isTerminal ? .milliseconds(100) : .seconds(3)) else { return }
        shownAt = now
        Output.note(isTerminal ? "\r" + bar(done) + "\u{1B}[K" : plain(done) + "\n")
        isDrawn = isTerminal
    }

    /// Takes the bar off the terminal.
    mutating func clear() {
        if isDrawn { Output.note("\r\u{1B}[K") }
        isDrawn = false
    }

    /// Time since the work began.
    var elapsedMilliseconds: Int64 {
        let (seconds, attoseconds) = (clock.now - started).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// How many a second on average so far.
    private func rate(_ done: Int64) -> Int64 { done * 1000 / max(1, elapsedMilliseconds) }

    private func bar(_ done: Int64) -> String {
        let width: Int64 = 30
        let filled = total > 0 ? min(width, done * width / total) : width
        return "\(title) [" + String(repeating: "#", count: Int(filled))
            + String(repeating: ".", count: Int(width - filled)) + "] " + plain(done, titled: false)
    }

    private func plain(_ done: Int64, titled: Bool = true) -> String {
        let share = total > 0 ? done * 100 / total : 100
        let text = "\(Amount.count(done)) of \(Amount.count(total)) (\(share) %), \(Amount.count(rate(done)))/s"
        return titled ? "\(title): \(text)" : text
    }
}
