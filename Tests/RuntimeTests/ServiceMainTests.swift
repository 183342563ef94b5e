import Foundation
import Glibc
import Logging
import Runtime
import ServiceLifecycle
import Synchronization
import Testing

/// Waits to be shut down; then takes its time, fails, or ends.
private struct Worker: Service {
    var atStart: @Sendable () throws -> Void = {}
    var atShutdown: @Sendable () async throws -> Void = {}

    func run() async throws {
        try atStart()
        try await gracefulShutdown()
        try await atShutdown()
    }
}

/// Each test runs in a process of its own, because signals and exit codes belong to processes.
@Suite("Service main")
struct ServiceMainTests {
    @Test("SIGTERM drains and ends with 0")
    func sigterm() async throws {
        let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
            let context = ServiceMain.bootstrap(name: "t", version: "1")
            await ServiceMain.run(context) { context in
                [Worker(atStart: { kill(getpid(), SIGTERM) }, atShutdown: { context.logger.info("worker drained") })]
            }
        }
        let log = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        let events = ["\"starting\"", "\"allocator\"", "\"draining\"", "\"worker drained\"", "\"stopped\""]
        var rest = log[...]
        for event in events {
            let found = try #require(rest.range(of: event), "\(event) in order in \(log)")
            rest = rest[found.upperBound...]
        }
    }

    @Test("SIGINT drains too")
    func sigint() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let context = ServiceMain.bootstrap(name: "t", version: "1")
            await ServiceMain.run(context) { _ in [Worker(atStart: { kill(getpid(), SIGINT) })] }
        }
    }

    @Test("a drain over its limit ends with 124 and a line, even if no task ever gives way")
    func drainLimit() async {
        let result = await #expect(processExitsWith: .exitCode(124), observing: [\.standardErrorContent]) {
            let context = ServiceMain.bootstrap(name: "t", version: "1")
            await ServiceMain.run(context, drainLimit: .milliseconds(300)) { _ in
                [Worker(atStart: { kill(getpid(), SIGTERM) }, atShutdown: { while true { sleep(1) } })]
            }
        }
        let log = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(log.contains("the drain took longer than its limit"))
    }

    @Test("errors end with their code and one line, after the other services have drained")
    func errors() async {
        let fenced = await #expect(processExitsWith: .exitCode(4), observing: [\.standardErrorContent]) {
            let context = ServiceMain.bootstrap(name: "t", version: "1")
            await ServiceMain.run(context) { context in
                [
                    Worker(atShutdown: { context.logger.info("other drained") }),
                    Worker(atStart: {
                        throw RuntimeError(.fenced, "partition 3 has\nanother owner", context: ["partition": "3"])
                    }),
                ]
            }
        }
        let log = String(decoding: fenced?.standardErrorContent ?? [], as: UTF8.self)
        #expect(log.contains("other drained"))
        let errorLines = log.split(separator: "\n").filter { $0.contains("stopped by an error") }
        #expect(errorLines.count == 1)
        #expect(errorLines.first?.contains(#""error":"partition 3 has\nanother owner""#) == true)
        #expect(errorLines.first?.contains(#""partition":"3""#) == true)
        #expect(!log.contains("Fatal error") && !log.contains("Backtrace"))

        await #expect(processExitsWith: .exitCode(3)) {
            let context = ServiceMain.bootstrap(name: "t", version: "1")
            await ServiceMain.run(context) { _ in throw RuntimeError(.dependencyUnavailable, "no broker") }
        }
        await #expect(processExitsWith: .exitCode(5)) {
            let context = ServiceMain.bootstrap(name: "t", version: "1")
            await ServiceMain.run(context, exitCode: { $0 is CancellationError ? .sourceStopped : nil }) { _ in
                throw CancellationError()
            }
        }
        await #expect(processExitsWith: .exitCode(2)) {
            ServiceMain.fail(RuntimeError(.configurationInvalid, "bad"), name: "t")
        }
        await #expect(processExitsWith: .exitCode(70)) {
            struct Unknown: Error {}
            ServiceMain.fail(Unknown(), name: "t")
        }
    }

    @Test("a service that is done ends the process with 0")
    func done() async {
        struct Once: Service { func run() async throws {} }
        await #expect(processExitsWith: .exitCode(0)) {
            struct Once: Service { func run() async throws {} }
            let context = ServiceMain.bootstrap(name: "t", version: "1")
            await ServiceMain.run(context) { _ in [Worker(), Once()] }
        }
    }

    @Test("the exit codes are the documented ones")
    func exitCodes() {
        #expect(ExitCode.allCases.map(\.rawValue) == [0, 2, 3, 4, 5, 70, 124])
    }
}

@Suite("Dedicated threads")
struct DedicatedThreadTests {
    @Test("runs on a thread with its name, and tells its end to everyone who waits")
    func runs() async throws {
        let name = Mutex("")
        let gate = Mutex(false)
        let thread = try DedicatedThread(name: "a-name-that-is-too-long") {
            let text = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
            name.withLock { $0 = text }
            while !gate.withLock({ $0 }) { usleep(1_000) }
        }
        #expect(!thread.isFinished)
        async let first = thread.finished()
        async let second = thread.finished()
        gate.withLock { $0 = true }
        #expect(await first == nil)
        #expect(await second == nil)
        #expect(await thread.finished() == nil)
        #expect(thread.isFinished && name.withLock { $0 } == "a-name-that-is-\n")
    }

    @Test("an error of the body is given to those who wait")
    func throwing() async throws {
        let thread = try DedicatedThread(name: "throws") { throw RuntimeError(.fenced, "gone") }
        #expect(await (thread.finished() as? RuntimeError)?.code == .fenced)
    }

    @Test("the stack is as large as asked")
    func stack() async throws {
        let thread = try DedicatedThread(name: "deep", stackBytes: 16 << 20) {
            func depth(_ left: Int) -> Int {
                withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 16) { buffer in
                    buffer.storeBytes(of: left, as: Int.self)
                    return left == 0 ? 0 : depth(left - 1) + buffer.load(as: Int.self) - left + 1
                }
            }
            if depth(8_000) != 8_000 { throw RuntimeError(.threadStart, "wrong depth") }
        }
        #expect(await thread.finished() == nil)
    }

    @Test("a stack that the system refuses is an error, not a crash")
    func refused() {
        let error = #expect(throws: RuntimeError.self) { _ = try DedicatedThread(name: "huge", stackBytes: 1 << 60) {} }
        #expect(error?.code == .threadStart)
    }
}

@Suite("Allocator")
struct AllocatorTests {
    #if SLUICE_SANITIZED
        @Test("a build with a sanitizer leaves mimalloc out")
        func withoutMimalloc() { #expect("\(Allocator.current)" == "a sanitizer's") }
    #else
        @Test("mimalloc is linked and answers malloc")
        func mimalloc() {
            #expect(Allocator.current.mimallocVersion >= 200)
            #expect(Allocator.current.isMimallocInForce)
        }
    #endif
}
