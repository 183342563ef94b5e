import Foundation
import Testing

@testable import LocalServers

@Suite struct ServerRecordTests {
    /// A port beyond 65,535 once ended the process that looked whether the server answers.
    @Test(arguments: [
        (5432, true), (0, true), (65_535, true), (65_536, false), (-1, false), (Int.max, false),
    ])
    func aPortIsOneThatThereIs(port: Int, isTaken: Bool) throws {
        let folder = try TemporaryFolder.make("record")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let text = #"{"process":{"pid":1,"startTicks":2,"bootID":"x"},"port":\#(port)}"#
        try text.write(toFile: "\(folder)/\(ServerRecord.fileName)", atomically: true, encoding: .utf8)
        #expect((ServerRecord.read(in: folder) != nil) == isTaken)
        #expect(ServerRecord.knownPort(in: folder) == (isTaken && port > 0 ? port : nil))
    }
}
