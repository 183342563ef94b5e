import Foundation
import Glibc
import Synchronization

/// The messages of a Chromium over its DevTools pipe: JSON documents, each ended by a zero byte.
final class BrowserPipe: Sendable {
    /// What a page did besides answering.
    struct Log: Sendable {
        /// Exceptions, messages of the console, and what the browser says about the page.
        var messages: [String] = []
        /// Every URL that was asked for.
        var requests: [String] = []
    }

    struct Failure: Error, CustomStringConvertible { var description: String }

    private struct State {
        var last = 0
        var answers: [Int: Data] = [:]
        var log = Log()
    }

    private let commands: Int32
    private let answers: Int32
    private let state = Mutex(State())

    /// - Parameters: descriptors of named pipes, open both ways: reading ends by `end()`.
    init(commands: Int32, answers: Int32) {
        self.commands = commands
        self.answers = answers
        Thread.detachNewThread { [self] in read() }
    }

    var log: Log { state.withLock { $0.log } }

    /// Sends a command and gives its result as JSON.
    func send(_ method: String, _ parameters: [String: any Sendable], session: String?) async throws -> Data {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        var message: [String: Any] = ["id": id, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        let bytes = Array(try JSONSerialization.data(withJSONObject: message)) + [0]
        guard bytes.withUnsafeBytes({ write(commands, $0.baseAddress, $0.count) }) == bytes.count else {
            throw Failure(description: "the browser takes no commands")
        }
        var found: Data?
        try await until("the browser answers \(method)", within: .seconds(30), every: .milliseconds(5)) {
            found = state.withLock { $0.answers.removeValue(forKey: id) }
            return found != nil
        }
        return found ?? Data()
    }

    /// Ends the reading.
    func end() {
        // An end of the pipe never comes while this process holds it open itself.
        _ = write(answers, [0] as [UInt8], 1)
    }

    private func read() {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(answers, &buffer, buffer.count)
            guard count > 0 else { return }
            pending.append(contentsOf: buffer[..<count])
            while let end = pending.firstIndex(of: 0) {
                // An empty message is that of `end()`.
                guard end > 0 else {
                    close(answers)
                    close(commands)
                    return
                }
                take(Data(pending[..<end]))
                pending.removeSubrange(...end)
            }
        }
    }

    private func take(_ data: Data) {
        guard let message = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else { return }
        let text = String(decoding: data, as: UTF8.self)
        state.withLock { state in
            if let id = message["id"] as? Int { state.answers[id] = data }
            switch message["method"] as? String {
            case "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded":
                state.log.messages.append(text)
            case "Network.requestWillBeSent":
                let request = (message["params"] as? [String: Any])?["request"] as? [String: Any]
                state.log.requests.append(request?["url"] as? String ?? text)
            default: break
            }
        }
    }
}
