import Foundation
import Testing

@testable import Sluice

@Suite struct EnvironmentTests {
    @Test(arguments: [("secret\n", "secret"), ("a b\r\n\n", "a b"), ("ü", "ü")])
    func aSecretIsItsFileWithoutLineEnds(content: String, secret: String) throws {
        #expect(try read(Array(content.utf8)) == secret)
    }

    /// An empty password is no password: it is more likely a file that was not written yet.
    @Test(
        arguments: [([], 1), ([10, 13, 10], 1), ([97, 0, 98], 1), ([0xFF, 0xFE], 1), ([97], 65_536)] as [([UInt8], Int)]
    )
    func whatIsNoSecretIsRefusedAndNotShown(bytes: [UInt8], times: Int) {
        let content = Array(repeatElement(bytes, count: times).joined())
        let failure = #expect(throws: CommandFailure.self) { try read(content) }
        #expect(failure?.code == .usage && failure?.message.contains("/password") == true)
    }

    private func read(_ content: [UInt8]) throws -> String {
        let folder = try TemporaryFolder()
        let path = folder.path + "/password"
        try Data(content).write(to: URL(fileURLWithPath: path))
        return try Environment.secret(inFile: path)
    }
}
