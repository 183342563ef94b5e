/// A thread of a simulated process. It runs until it waits for something; then the world goes on, until the wait is
/// over or its deadline has come.
///
/// Once it is dead every wait returns at once: what is on its stack unwinds, and since whatever it calls asks whether
/// it is alive, nothing of that reaches the world.
final class SimulatedThread {
    private let time: VirtualTime
    private let pool: CoroutinePool
    private var coroutine: Coroutine?
    /// Tells the present wait from those before, whose deadlines may still come up.
    private var wait: UInt64 = 0
    private var isWaiting = false

    private(set) var isDead = false
    /// Stopped by a signal: it neither runs nor notices that its wait is over.
    private(set) var isStopped = false

    init(_ time: VirtualTime, _ pool: CoroutinePool) {
        self.time = time
        self.pool = pool
    }

    var hasEnded: Bool { coroutine == nil }

    func start(_ body: @escaping () -> Void) {
        let coroutine = pool.take()
        self.coroutine = coroutine
        coroutine.prepare(body)
        isWaiting = true
        time.after(0) { self.go() }
    }

    private func go() {
        guard let coroutine else { return }
        // Whoever is stopped looks again at what it waits for when it goes on.
        guard !isStopped || isDead else { return }
        isWaiting = false
        time.running = self
        coroutine.resume()
        time.running = nil
        if coroutine.isIdle {
            self.coroutine = nil
            pool.giveBack(coroutine)
        }
    }

    /// Called on the thread: waits for `wake`, or until the moment has come.
    func park(until moment: Int64 = .max) {
        guard !isDead, moment > time.now || moment == .max else { return }
        wait += 1
        isWaiting = true
        if moment != .max {
            let number = wait
            time.at(moment) { if self.isWaiting && self.wait == number { self.go() } }
        }
        coroutine?.suspend()
    }

    /// Called on the thread: lets so much time pass.
    func sleep(_ milliseconds: Int64) {
        let moment = time.now + milliseconds
        while !isDead && time.now < moment { park(until: moment) }
    }

    /// Ends the present wait; whoever waits looks again whether what it waits for has come.
    func wake() {
        guard isWaiting else { return }
        let number = wait
        time.after(0) { if self.isWaiting && self.wait == number { self.go() } }
    }

    func stop() { isStopped = true }

    func proceed() {
        isStopped = false
        wake()
    }

    /// Called on the thread: waits while it is stopped.
    func waitWhileStopped() { while isStopped && !isDead { park() } }

    /// From now on it only unwinds.
    func kill() {
        guard !isDead else { return }
        isDead = true
        if coroutine != nil { time.after(0) { if self.isWaiting { self.go() } } }
    }
}
