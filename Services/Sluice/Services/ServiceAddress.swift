import ArgumentParser

/// Where the admin endpoint of a service is: `NAME=http://HOST:PORT` or the URL alone.
struct ServiceAddress: ExpressibleByArgument, Hashable, Sendable {
    /// What it is called where it does not answer; the service says its own name otherwise.
    var name: String
    /// Without a slash at its end.
    var url: String

    init(name: String, url: String) {
        self.name = name
        self.url = url
    }

    init?(argument: String) {
        var url = argument
        var name: String?
        if let sign = argument.firstIndex(of: "="), !argument[..<sign].contains("/") {
            name = String(argument[..<sign])
            url = String(argument[argument.index(after: sign)...])
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), name != "" else { return nil }
        while url.last == "/" { url.removeLast() }
        self.url = url
        self.name = name ?? String(url.drop { $0 != "/" }.dropFirst(2))
    }
}

/// Which services a command looks at.
struct ServicesOptions: ParsableArguments {
    @Option(
        name: .customLong("service"),
        help: """
            Admin endpoint of a service, NAME=URL or URL; once for each. [SLUICE_SERVICES, separated by commas; else ports \
            9464 to 9466 of this host]
            """)
    var services: [ServiceAddress] = []

    @Option(help: "File with the bearer token of the admin endpoints. [SLUICE_ADMIN_TOKEN_FILE]")
    var adminTokenFile: String?

    /// - Throws: `CommandFailure` (.usage) for a part of SLUICE_SERVICES that is no address.
    func addresses() throws -> [ServiceAddress] {
        if !services.isEmpty { return services }
        if let text = Environment.value("SLUICE_SERVICES") {
            return try text.split(separator: ",").map { part in
                guard let address = ServiceAddress(argument: String(part)) else {
                    throw CommandFailure(
                        .usage, "SLUICE_SERVICES: \"\(part)\" is neither http://HOST:PORT nor NAME=http://HOST:PORT")
                }
                return address
            }
        }
        return [
            ServiceAddress(name: "spend-aggregator", url: "http://127.0.0.1:9464"),
            ServiceAddress(name: "archiver", url: "http://127.0.0.1:9465"),
            ServiceAddress(name: "reconciler", url: "http://127.0.0.1:9466"),
        ]
    }

    /// - Throws: `CommandFailure` (.usage) where the file cannot be read or is empty.
    func token() throws -> String? {
        guard let path = adminTokenFile ?? Environment.value("SLUICE_ADMIN_TOKEN_FILE") else { return nil }
        let text = try InputFile.text(of: path, limit: 4_096)
        guard let token = text.split(whereSeparator: \.isWhitespace).first else {
            throw CommandFailure(.usage, "the token file \(path) is empty")
        }
        return String(token)
    }
}
