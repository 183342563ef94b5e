import FoundationEssentials

/// A JSON configuration file, flattened: `{"kafka": {"brokers": "a:9092"}}` gives `kafka.brokers` = `a:9092`.
///
/// The package's own JSON provider does not tell which keys a file holds, which the search for typing mistakes needs,
/// and takes 1 for true; so the file is flattened here into text and handed to it as values.
struct ConfigurationFile {
    static let limitBytes = 1 << 20

    var path: String
    var values: [String: String]

    /// Reads and flattens the file.
    /// - Throws: ``RuntimeError`` `configuration_file` that names the path and, for bad JSON, the place.
    init(path: String) throws {
        let file = try BoundedFile(
            path: path, what: "the configuration file", limit: Self.limitBytes, code: .configurationFile)
        let node: Node
        do {
            node = try JSONDecoder().decode(Node.self, from: Data(file.bytes))
        } catch {
            throw RuntimeError(
                .configurationFile, "the configuration file \(path) is not valid JSON: \(Self.reason(error))",
                context: ["path": path])
        }
        guard case .object = node else {
            throw RuntimeError(
                .configurationFile,
                "the configuration file \(path) must hold one JSON object, such as {\"kafka\": {\"brokers\": \"…\"}}",
                context: ["path": path])
        }
        if let name = RepeatedMember.first(in: file.bytes) {
            throw RuntimeError(
                .configurationFile, "the configuration file \(path) has \"\(name)\" twice in one object",
                context: ["path": path])
        }
        self.path = path
        values = [:]
        try add(node, at: "")
    }

    private mutating func add(_ node: Node, at key: String) throws {
        switch node {
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                // Between two dots too: the package drops what is empty, so that two keys would become one.
                guard name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }) else {
                    throw RuntimeError(
                        .configurationFile, "the configuration file \(path) has an empty name in \"\(key).\(name)\"",
                        context: ["path": path])
                }
                try add(member, at: key.isEmpty ? name : "\(key).\(name)")
            }
        case .text(let text):
            guard values.updateValue(text, forKey: key) == nil else {
                throw RuntimeError(
                    .configurationFile, "the configuration file \(path) gives \(key) twice",
                    context: ["path": path, "key": key])
            }
        case .null, .list:
            throw RuntimeError(
                .configurationFile,
                "\(key) in the configuration file \(path) is \(node.kind); expected text, a number, true or false",
                context: ["path": path, "key": key])
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else { return "\(error)" }
        if let place = (context.underlyingError as? CocoaError)?.userInfo["NSDebugDescription"] as? String {
            return place
        }
        return context.underlyingError.map { "\($0)" } ?? context.debugDescription
    }

    /// A JSON value; numbers keep no more than their text.
    private enum Node: Decodable {
        case object([String: Node])
        case list
        case null
        case text(String)

        init(from decoder: any Decoder) throws {
            if let members = try? decoder.container(keyedBy: AnyKey.self) {
                self = .object(
                    try Dictionary(
                        uniqueKeysWithValues: members.allKeys.map {
                            ($0.stringValue, try members.decode(Node.self, forKey: $0))
                        }))
                return
            }
            if (try? decoder.unkeyedContainer()) != nil {
                self = .list
                return
            }
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .null
            } else if let flag = try? value.decode(Bool.self) {
                self = .text(flag ? "true" : "false")
            } else if let number = try? value.decode(Int64.self) {
                self = .text(String(number))
            } else if let number = try? value.decode(Double.self) {
                self = .text(String(number))
            } else {
                self = .text(try value.decode(String.self))
            }
        }

        var kind: String {
            switch self {
            case .object: "an object"
            case .list: "a list"
            case .null: "null"
            case .text: "text"
            }
        }
    }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
