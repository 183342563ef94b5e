import Foundation
import Glibc
import Testing

@testable import LocalServers

@Suite struct LocalBrokerTests {
    @Test func theAddressStaysOverStopsAndKills() async throws {
        try await withLocalBroker { broker in
            let address = broker.brokers
            let port = try #require(broker.port)
            #expect(LoopbackPort.answersKafka(port, timeout: .seconds(5)))
            try await broker.restart()
            #expect(broker.brokers == address)
            #expect(LoopbackPort.answersKafka(port, timeout: .seconds(5)))
            try await broker.kill()
            #expect(!broker.isRunning)
            #expect(!LoopbackPort.answersKafka(port, timeout: .seconds(5)))
            try await broker.start()
            #expect(broker.brokers == address)
            let process = try #require(broker.process)
            process.signal(SIGKILL)
            #expect(process.waitUntilEnded(timeout: .seconds(10)))
            #expect(broker.hasCrashed)
            try await broker.start()
            #expect(!broker.hasCrashed)
            try await broker.stop()
            try await broker.stop()
            #expect(!broker.isRunning && !broker.hasCrashed)
        }
    }

    @Test func aTakenPortIsAnErrorThatNamesIt() async throws {
        try await withLocalBroker { broker in
            let port = try #require(broker.port)
            let second = try LocalBroker(directory: TemporaryFolder.make("broker"), port: port)
            let error = await #expect(throws: LocalServersError.self) { try await second.start() }
            #expect(error?.code == .portInUse)
            #expect(error?.message.contains("\(port)") == true)
            try await second.destroy()
            #expect(!FileManager.default.fileExists(atPath: second.directory))
            #expect(broker.isRunning)
        }
    }

    @Test func aStoppedBrokerStillEnds() async throws {
        try await withLocalBroker { broker in
            let process = try #require(broker.process)
            process.signal(SIGSTOP)
            try await broker.stop(timeout: .seconds(30))
            #expect(!process.isAlive)
        }
    }
}
