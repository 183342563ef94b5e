import Foundation
import Glibc
import LocalServers
import Testing

/// A headless Chromium with one page, driven over a pair of named pipes: it opens no port, and it ends with its test.
struct Browser: Sendable {
    private let process: ChildProcess
    private let folder: URL
    private let pipe: BrowserPipe
    private let session: String

    /// Starts it and opens an empty page. It cannot look up any host: what a page asks of another one fails and is seen.
    static func start() async throws -> Browser {
        let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.uniqueName("browser"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func named(_ name: String) throws -> (path: String, descriptor: Int32) {
            let path = folder.appending(path: name).path(percentEncoded: false)
            try #require(mkfifo(path, 0o600) == 0)
            // Both ways, so that opening waits for nobody.
            let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
            try #require(descriptor >= 0)
            return (path, descriptor)
        }
        let commands = try named("commands")
        let answers = try named("answers")
        let options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--remote-debugging-pipe",
            "--user-data-dir=" + folder.appending(path: "profile").path(percentEncoded: false), "about:blank",
        ]
        let process = try ChildProcess(
            .init(
                "bash",
                ["-c", #"in="$1" out="$2"; shift 2; exec chromium "$@" 3<"$in" 4>"$out""#, "chromium"]
                    + [commands.path, answers.path] + options))
        let pipe = BrowserPipe(commands: commands.descriptor, answers: answers.descriptor)
        func start(_ method: String, _ parameters: [String: any Sendable]) async throws -> [String: Any] {
            try result(of: try await pipe.send(method, parameters, session: nil), method)
        }
        do {
            let target = try await start("Target.createTarget", ["url": "about:blank"])
            let id = try #require(target["targetId"] as? String)
            let attached = try await start("Target.attachToTarget", ["targetId": id, "flatten": true])
            let browser = Browser(
                process: process, folder: folder, pipe: pipe, session: try #require(attached["sessionId"] as? String))
            for domain in ["Page", "Runtime", "Log", "Network"] { try await browser.send("\(domain).enable") }
            return browser
        } catch {
            print(process.lines.suffix(5))
            process.kill()
            throw error
        }
    }

    /// Ends it and removes what it wrote.
    func close() async {
        process.kill()
        _ = try? await process.wait(timeout: .seconds(10))
        pipe.end()
        try? FileManager.default.removeItem(at: folder)
    }

    var log: BrowserPipe.Log { pipe.log }

    @discardableResult
    func send(_ method: String, _ parameters: [String: any Sendable] = [:]) async throws -> [String: Any] {
        try Self.result(of: try await pipe.send(method, parameters, session: session), method)
    }

    func open(_ url: String) async throws {
        try await send("Page.navigate", ["url": url])
        try await until("\(url) is loaded") { try await value("document.readyState") as? String == "complete" }
    }

    /// What an expression of JavaScript comes to.
    @discardableResult
    func value(_ expression: String) async throws -> Any? {
        let answer = try await send(
            "Runtime.evaluate", ["expression": expression, "returnByValue": true, "awaitPromise": true])
        return (answer["result"] as? [String: Any])?["value"]
    }

    /// The text of the first element that a selector finds.
    func text(_ selector: String) async throws -> String {
        try await value("(e => e?.innerText ?? e?.textContent ?? '')(document.querySelector(\"\(selector)\"))")
            as? String ?? ""
    }

    /// A window of this size and colour scheme.
    func look(width: Int, dark: Bool, scripts: Bool = true) async throws {
        try await send("Emulation.setScriptExecutionDisabled", ["value": !scripts])
        try await send(
            "Emulation.setEmulatedMedia",
            ["features": [["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]]])
        try await send(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 700])
    }

    /// A picture of the whole page below `SLUICE_CONSOLE_SCREENSHOTS`; nothing where that names no folder.
    func photograph(_ name: String) async throws {
        guard let folder = ProcessInfo.processInfo.environment["SLUICE_CONSOLE_SCREENSHOTS"] else { return }
        let answer = try await send("Page.captureScreenshot", ["captureBeyondViewport": true, "format": "png"])
        let picture = try #require((answer["data"] as? String).flatMap { Data(base64Encoded: $0) })
        try picture.write(to: URL(filePath: folder).appending(path: name + ".png"))
    }

    private static func result(of data: Data, _ method: String) throws -> [String: Any] {
        let message = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        guard let result = message?["result"] as? [String: Any] else {
            throw BrowserPipe.Failure(description: "\(method): \(String(decoding: data, as: UTF8.self))")
        }
        return result
    }
}
