import Foundation

/// A number that two threads add to without a lock.
private final class Tally: @unchecked Sendable {
    var count = 0
}

/// Races with itself: `run.sh thread` must report it.
@main
enum Planted {
    static func main() {
        let tally = Tally()
        let threads = (0..<2).map { _ in
            Thread {
                for _ in 0..<100_000 {
                    tally.count += 1
                    // Keeps the loop a loop, and both threads in it at once.
                    sched_yield()
                }
            }
        }
        for thread in threads { thread.start() }
        while threads.contains(where: { !$0.isFinished }) {}
        print(tally.count)
    }
}
