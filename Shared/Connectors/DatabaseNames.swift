public import Postgres

/// The schemas of one installation in a database. A prefix keeps several installations, a demo or a test apart.
public struct DatabaseNames: Equatable, Sendable {
    public let prefix: String

    /// - Throws: `.invalidArgument` unless the prefix is at most 40 of a to z, 0 to 9 and underscore.
    public init(prefix: String = "") throws(PostgresError) {
        let allowed = prefix.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
        guard allowed && prefix.utf8.count <= 40 else {
            throw PostgresError(
                .invalidArgument, "The schema prefix '\(prefix)' is not usable.",
                hint: "Use at most 40 of a to z, 0 to 9 and underscore.")
        }
        self.prefix = prefix
    }

    /// The unquoted name of a schema with the prefix.
    public func schema(_ name: String) -> String { prefix + name }

    /// The quoted name of a table with its schema.
    public func table(_ schema: String, _ table: String) -> String {
        quoteIdentifier(prefix + schema) + "." + quoteIdentifier(table)
    }

    /// SQL that names its schemas in double quotes, with the prefix put in.
    public func qualify(_ sql: String, schemas: [String]) -> String {
        guard !prefix.isEmpty else { return sql }
        var result = sql
        for name in schemas {
            result = Self.replace("\"\(name)\".", by: quoteIdentifier(prefix + name) + ".", in: result)
        }
        return result
    }

    private static func replace(_ part: String, by other: String, in text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: part.first!) {
            result += rest[..<start]
            if rest[start...].hasPrefix(part) {
                result += other
                rest = rest[start...].dropFirst(part.count)
            } else {
                result.append(rest[start])
                rest = rest[start...].dropFirst()
            }
        }
        return result + rest
    }
}
