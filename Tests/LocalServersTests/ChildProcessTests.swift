import Foundation
import Glibc
import Testing

@testable import LocalServers

@Suite struct ChildProcessTests {
    @Test func whatItPrintsAndHowItEndsAreKept() async throws {
        let answer = try await ChildProcess.run(
            ChildProcess.Configuration("sh", ["-c", "echo one; echo two >&2; printf three; exit 7"]))
        #expect(answer.status == .exited(7))
        #expect(answer.standardOutput == "one\nthree")
        #expect(answer.standardError == "two")
    }

    @Test func environmentAndFolderArePassedOn() async throws {
        let answer = try await ChildProcess.run(
            ChildProcess.Configuration(
                "sh", ["-c", "echo $MARK-${HOME:-none}; pwd"], environment: ["MARK": "set", "HOME": nil],
                workingDirectory: "/usr"))
        #expect(answer.standardOutput == "set-none\n/usr")
    }

    @Test func aLineIsWaitedFor() async throws {
        let child = try ChildProcess(
            ChildProcess.Configuration("sh", ["-c", "echo first; echo ready: 42; exec sleep 600"]))
        defer { child.kill() }
        #expect(try await child.waitForLine { $0.hasPrefix("ready:") } == "ready: 42")
        // Lines that were printed before are found as well.
        #expect(try await child.waitForLine { $0 == "first" } == "first")
        await #expect(throws: LocalServersError.self) {
            try await child.waitForLine(timeout: .milliseconds(50)) { $0 == "never" }
        }
        #expect(child.isRunning)
    }

    @Test func aLineThatCannotComeAnyMoreIsAnError() async throws {
        let child = try ChildProcess(ChildProcess.Configuration("sh", ["-c", "echo broken >&2; exit 1"]))
        let error = await #expect(throws: LocalServersError.self) {
            try await child.waitForLine(timeout: .seconds(60)) { $0 == "ready" }
        }
        #expect(error?.code == .notRunning)
        #expect(error?.context == "broken")
    }

    @Test func stoppingAndContinuing() async throws {
        let child = try ChildProcess(
            ChildProcess.Configuration("sh", ["-c", "echo ready; read line </dev/zero || true; exec sleep 600"]))
        defer { child.kill() }
        try await child.waitForLine { $0 == "ready" }
        #expect(child.signal(SIGSTOP))
        #expect(blockUntil(timeout: .seconds(10)) { ProcessStat(pid: child.pid)?.state == "T" })
        #expect(child.isRunning)
        #expect(child.signal(SIGCONT))
        #expect(blockUntil(timeout: .seconds(10)) { ProcessStat(pid: child.pid)?.state != "T" })
        #expect(child.signal(SIGTERM))
        #expect(try await child.wait(timeout: .seconds(10)) == .signalled(SIGTERM))
        #expect(!child.signal(SIGTERM))
    }

    @Test func aKillTakesTheGroupAndLeavesNoZombie() async throws {
        let child = try ChildProcess(ChildProcess.Configuration("sh", ["-c", "sleep 600 & echo $!; wait"]))
        let line = try await child.waitForLine { Int32($0) != nil }
        let grandchild = try #require(Int32(line).flatMap { ProcessIdentity(pid: $0) })
        #expect(grandchild.isAlive)
        child.kill()
        #expect(child.exitStatus == .signalled(SIGKILL))
        #expect(ProcessStat(pid: child.pid) == nil)
        #expect(grandchild.waitUntilEnded(timeout: .seconds(10)))
    }

    @Test func aChildInheritsNoDescriptors() async throws {
        let inheritable = open("/dev/null", O_RDONLY)
        defer { close(inheritable) }
        let answer = try await ChildProcess.run(ChildProcess.Configuration("ls", ["/proc/self/fd"]))
        // The fourth is the folder that is being listed.
        #expect(answer.standardOutput == "0\n1\n2\n3")
    }

    @Test func aDeadParentTakesItsChildrenAlong() async throws {
        // The signal is asked for in the way that `Lifetime.endsWithParent` asks for it, by a parent that is not us.
        let parent = try ChildProcess(
            ChildProcess.Configuration(
                "sh", ["-c", "setpriv --pdeathsig=KILL -- sh -c 'echo $$; exec sleep 600' & wait"]))
        let line = try await parent.waitForLine { Int32($0) != nil }
        let grandchild = try #require(Int32(line).flatMap { ProcessIdentity(pid: $0) })
        parent.signal(SIGKILL)
        #expect(grandchild.waitUntilEnded(timeout: .seconds(10)))
    }

    @Test func aProgramThatIsNotThereIsAnError() {
        let error = #expect(throws: LocalServersError.self) {
            try ChildProcess(ChildProcess.Configuration("no-such-program-anywhere"))
        }
        #expect(error?.code == .programNotFound)
    }

    @Test func aRecycledNumberIsAnotherProcess() throws {
        let own = try #require(ProcessIdentity(pid: getpid()))
        #expect(own.isAlive)
        let encoded = try JSONEncoder().encode(own)
        let text = String(decoding: encoded, as: UTF8.self)
            .replacingOccurrences(of: "\"startTicks\":\(own.startTicks)", with: "\"startTicks\":1")
        let other = try JSONDecoder().decode(ProcessIdentity.self, from: Data(text.utf8))
        #expect(other.pid == own.pid)
        #expect(!other.isAlive)
        #expect(!other.signal(0))
    }
}
