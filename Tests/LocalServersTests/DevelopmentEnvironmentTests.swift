import Foundation
import Glibc
import Testing

@testable import LocalServers

@Suite struct DevelopmentEnvironmentTests {
    @Test func upTwiceCrashStatusAndDown() async throws {
        let environment = try DevelopmentEnvironment(root: TemporaryFolder.make("dev"))
        #expect(!environment.status().isUp)

        let first = try await environment.up()
        #expect(first.status.isUp)
        #expect(first.alreadyRunning.isEmpty && first.recovered.isEmpty)
        let state = try #require(FileManager.default.contents(atPath: environment.stateFile))
        let written = try JSONDecoder().decode(DevelopmentEnvironment.Status.self, from: state)
        #expect(written.kafka.address == first.status.kafka.address)
        #expect(written.postgres.process == first.status.postgres.process)

        let second = try await environment.up()
        #expect(second.alreadyRunning == ["kafka", "postgres"])
        #expect(second.status.kafka.process == first.status.kafka.process)

        let victim = try #require(first.status.postgres.process)
        victim.signal(SIGKILL)
        #expect(victim.waitUntilEnded(timeout: .seconds(10)))
        #expect(environment.status().postgres.state == .crashed)
        #expect(environment.status().kafka.state == .running)

        let third = try await environment.up()
        #expect(third.recovered == ["postgres"])
        #expect(third.alreadyRunning == ["kafka"])
        #expect(third.status.postgres.address == first.status.postgres.address)

        try await environment.down()
        for process in [third.status.kafka.process, third.status.postgres.process] {
            #expect(try #require(process).isAlive == false)
        }
        #expect(!FileManager.default.fileExists(atPath: environment.root))
        try await environment.down()
        #expect(environment.status().kafka.state == .stopped)
        #expect(!FileManager.default.fileExists(atPath: environment.root))
    }

    @Test func twoAtOnceStartEachServerOnce() async throws {
        let environment = try DevelopmentEnvironment(root: TemporaryFolder.make("dev"))
        async let one = environment.up()
        async let other = environment.up()
        let (first, second) = try await (one, other)
        #expect(first.status.kafka.process == second.status.kafka.process)
        #expect(first.status.postgres.process == second.status.postgres.process)
        #expect([first.alreadyRunning.count, second.alreadyRunning.count].sorted() == [0, 2])
        try await environment.down()
    }

    @Test func aPortThatWasTakenMeanwhileIsReplaced() async throws {
        let environment = try DevelopmentEnvironment(root: TemporaryFolder.make("dev"))
        let first = try await environment.up()
        let taken = try #require(first.status.kafka.port)
        let victim = try #require(first.status.kafka.process)
        victim.signal(SIGKILL)
        #expect(victim.waitUntilEnded(timeout: .seconds(10)))
        let intruder = try LocalBroker(directory: TemporaryFolder.make("broker"), port: taken)
        do {
            try await intruder.start()
        } catch let error as LocalServersError where error.code == .portInUse {
            // Somebody else on this machine was quicker: the port is taken all the same.
        }
        let second = try await environment.up()
        #expect(second.status.isUp)
        #expect(second.status.kafka.port != taken)
        try await environment.down()
        try await intruder.destroy()
    }
}
