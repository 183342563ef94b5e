import Foundation
import LocalServers
import Testing

/// The console as a process, of real services on real servers, in a real browser.
@Suite(.serialized)
struct ConsoleTests {
    @Test("The page follows a job through work, an outage of PostgreSQL and a stopped partition")
    func lifeOfAJob() async throws {
        try await withLocalPostgres { server in
            try await withScenario(partitions: 2, postgres: server.connectionString) { scenario in
                try await scenario.createTopic()
                let service = try scenario.start("a", flags: ["--kafka-contiguous", "true"])
                try await service.waitFor("partitions assigned")
                let console = try await scenario.startConsole(of: [service])
                try await withBrowser { browser in
                    try await browser.look(width: 1280, dark: false)
                    try await browser.open(console)
                    try await busy(browser, scenario)
                    try await readable(browser, console, "busy")
                    try await outage(browser, scenario, server)
                    try await stopped(browser, scenario)
                    try await readable(browser, console, "broken")
                    let log = browser.log
                    #expect(log.messages.isEmpty, "the browser's console")
                    #expect(
                        log.requests.count > 5 && log.requests.allSatisfy { $0.hasPrefix(console) }, "\(log.requests)")
                }
            }
        }
    }

    /// Figures change while the page stays open.
    private func busy(_ browser: Browser, _ scenario: Scenario) async throws {
        try await browser.value("window.stays = 1; 0")
        try await scenario.generate(events: 5_000, seed: 61)
        try await scenario.untilCaughtUp()
        let ends = try await LogReader.ends(scenario).values.reduce(0, +)
        try await until("the page shows every record as committed", within: .seconds(20)) {
            let shown =
                try await browser.value(
                    """
                    [...document.querySelectorAll(".partitions [data-t=partitionNext]")]
                        .reduce((sum, cell) => sum + Number(cell.textContent.replaceAll(",", "")), 0)
                    """) as? Int
            return shown.map(Int64.init) == ends
        }
        try await until("rates and freshness are there", within: .seconds(20)) {
            let rate = try await browser.text(".graph.wide [data-t=graphCommitted]")
            let p99 = try await browser.text("[data-t=freshnessP99]")
            return rate.hasSuffix("/s") && !["", "–"].contains(p99)
        }
        let letters = try await browser.text(".letters")
        #expect(letters.contains(scenario.topic), "dead letters are shown")
        // Of a letter that decodes the fields are shown, but none about a person.
        let fields = try await browser.value("document.querySelector('.letters').textContent") as? String ?? ""
        #expect(fields.contains("campaign_id") && !fields.contains("user_hash"))
        #expect(try await browser.text(".objectives").contains("Event to committed row"))
        #expect(try await browser.value("window.stays") as? Int == 1, "nothing was loaded anew")
    }

    /// No sideways scrolling, in both schemes and at every width; and a page without scripts that says the same.
    private func readable(_ browser: Browser, _ console: String, _ name: String) async throws {
        for dark in [false, true] {
            for width in [360, 390, 768, 1280] {
                try await browser.look(width: width, dark: dark)
                let overflow = try await browser.value("document.documentElement.scrollWidth - innerWidth") as? Int
                #expect(overflow.map { $0 <= 0 } == true, "\(width) px, dark: \(dark): \(overflow ?? -1) px too wide")
                if width == 390 || width == 1280 {
                    try await browser.photograph("\(name)-\(dark ? "dark" : "light")-\(width)")
                }
            }
            let contrasts = try await browser.value(Self.contrasts) as? [String] ?? ["not measured"]
            #expect(contrasts.isEmpty, "dark: \(dark)")
        }
        try await browser.look(width: 1280, dark: false, scripts: false)
        try await browser.open(console)
        #expect(try await browser.text(".partitions").contains("0"))
        #expect(try await browser.text("h1") != "Looking")
        try await browser.look(width: 1280, dark: false)
        try await browser.open(console)
    }

    /// Text whose contrast to what lies behind it is below 4.5 to 1 (WCAG 2.2, 1.4.3), by its selector.
    private static let contrasts = """
        (() => {
          const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
          const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (element) => {
            for (let at = element; at; at = at.parentElement) {
              const color = parse(getComputedStyle(at).backgroundColor);
              if (color.length === 3 || color[3] > 0) return color;
            }
            return [255, 255, 255];
          };
          const found = [];
          for (const element of document.querySelectorAll("main *, footer *, header *")) {
            const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
            if (!own || element.closest("svg") || element.closest("template") || !element.checkVisibility()) continue;
            const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) found.push(element.className + " " + element.textContent.slice(0, 30) + " " + ratio.toFixed(2));
          }
          return found;
        })()
        """

    /// PostgreSQL is gone: the page says so, keeps what it knew, and goes on with the rest.
    private func outage(_ browser: Browser, _ scenario: Scenario, _ server: LocalPostgres) async throws {
        try await browser.value("window.stays = 1; 0")
        try await server.stop(mode: .immediate)
        try await scenario.startStream(events: 100, seed: 62, appends: true).end()
        try await until("the page says that PostgreSQL is gone", within: .seconds(30)) {
            let (verdict, services) = (try await browser.text(".verdict"), try await browser.text(".services"))
            return verdict.contains("PostgreSQL") && services.contains("not ready")
        }
        #expect(try await browser.text(".stale").hasPrefix("As of "))
        #expect(try await browser.text(".partitions").contains(scenario.topic), "the last figures stay")
        #expect(try await browser.text("#announcement").contains("PostgreSQL"), "who listens hears of it")
        try await until("lag goes on being measured", within: .seconds(20)) {
            let lag =
                try await browser.value(
                    """
                    [...document.querySelectorAll(".partitions [data-t=partitionLag]")]
                        .reduce((sum, cell) => sum + Number(cell.textContent.replaceAll(",", "")), 0)
                    """) as? Int
            return lag ?? 0 >= 100
        }
        try await until("the doctor's finding is there", within: .seconds(40)) {
            try await browser.text(".findings").contains("PostgreSQL")
        }
        try await browser.photograph("down-light-1280")
        try await startAgain { try await server.start() }
        try await until("the page says that PostgreSQL is back", within: .seconds(40)) {
            let (sources, services) = (try await browser.text(".sources"), try await browser.text(".services"))
            return sources.contains("PostgreSQL as of") && services.contains("✓")
        }
        #expect(try await browser.value("window.stays") as? Int == 1, "nothing was loaded anew")
    }

    /// A transaction leaves an offset that no record has, which the operator has declared impossible.
    private func stopped(_ browser: Browser, _ scenario: Scenario) async throws {
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        try await scenario.produce([.click(1, at: now)], transaction: true)
        try await scenario.produce([.click(2, at: now)])
        try await until("the page says that a partition is stopped", within: .seconds(30)) {
            try await browser.text(".verdict").contains("stopped: \(scenario.topic) 0")
        }
        #expect(try await browser.text(".partitions .mismatch") == "✕stopped")
    }

    @Test("A browser signs in with the token, and sees nothing before")
    func signIn() async throws {
        try await withScenario { scenario in
            let token = scenario.folder.appending(path: "token")
            try Data("s3cret-token\n".utf8).write(to: token)
            let console = try await scenario.startConsole(
                of: [], flags: ["--token-file", token.path(percentEncoded: false)])
            try await withBrowser { browser in
                try await browser.look(width: 360, dark: true)
                try await browser.open(console)
                #expect(try await browser.text("h1") == "Sign in")
                #expect(try await browser.value("fetch('/api/state').then((a) => a.status)") as? Int == 401)
                try await browser.photograph("login-dark-360")
                for (typed, heading) in [("wrong", "Sign in"), ("s3cret-token", "need")] {
                    try await browser.value(
                        "document.querySelector('#token').value = '\(typed)'; document.querySelector('form').submit(); 0"
                    )
                    try await until("\(typed) leads to \(heading)") {
                        let text = try await browser.text("main")
                        return text.contains(heading) && (typed != "wrong" || text.contains("not the console's token"))
                    }
                }
                #expect(try await browser.value("document.cookie") as? String == "", "no script reads the cookie")
                #expect(try await browser.value("fetch('/api/state').then((a) => a.status)") as? Int == 200)
                #expect(try await browser.value("location.pathname + location.search") as? String == "/")
            }
        }
    }

    @Test("What cannot be served is refused in one line")
    func refusals() async throws {
        try await withScenario { scenario in
            func refused(_ flags: [String]) async throws -> String {
                let result = try await scenario.sluice(
                    ["console", "--postgres", scenario.postgres, "--kafka-brokers", scenario.brokers] + flags)
                return "\(result.status): \(result.standardError.trimmingCharacters(in: .newlines))"
            }
            #expect(
                try await refused(["--address", "0.0.0.0", "--port", "0"])
                    == "exit code 2: sluice: the console may listen on 0.0.0.0:0 only with a token: name a file that holds "
                    + "one with --token-file, or listen on 127.0.0.1")
            #expect(try await refused(["--address", "localhost", "--port", "0"]).hasPrefix("exit code 2: "))
            #expect(try await refused(["--token-file", "/nowhere"]).contains("cannot read the secret file /nowhere"))
            let console = try await scenario.startConsole(of: [])
            let port = try #require(console.split(separator: ":").last)
            #expect(
                try await refused(["--port", String(port)])
                    == "exit code 3: sluice: the console cannot listen on 127.0.0.1:\(port): Address already in use")
        }
    }

    private func withBrowser(_ body: (Browser) async throws -> Void) async throws {
        let browser = try await Browser.start()
        do {
            try await body(browser)
        } catch {
            print((try? await browser.text("body")) ?? "", browser.log.messages)
            await browser.close()
            throw error
        }
        await browser.close()
    }
}

extension Scenario {
    /// Starts `sluice console` and gives its address, without a slash at the end.
    func startConsole(of services: [Aggregator], flags: [String] = []) async throws -> String {
        var arguments = [
            "console", "--port", "0", "--postgres", postgres, "--schema-prefix", prefix, "--kafka-brokers", brokers,
            "--job", job, "--topic", topic,
        ]
        for service in services {
            let port = try #require(try await service.waitFor("admin endpoint listens")["port"])
            arguments += ["--service", "spend-aggregator=http://127.0.0.1:\(port)"]
        }
        if services.isEmpty { arguments += ["--service", "nobody=http://127.0.0.1:1"] }
        let process = try spawn(Binaries.release + "/sluice", arguments + flags, environment: [:])
        let line = try await process.waitForLine(timeout: .seconds(20)) { $0.contains("the console is at http://") }
        let start = try #require(line.firstRange(of: "http://")?.lowerBound)
        return String(line[start...].prefix { $0 != " " }.dropLast())
    }
}
