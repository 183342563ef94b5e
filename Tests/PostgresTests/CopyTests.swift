import Postgres
import Testing

extension ServerTests {
    @Suite(.serialized) struct Copies {
        struct GivenUp: Error {}

        private func table(_ connection: PostgresConnection) throws {
            try connection.execute("CREATE TEMP TABLE copied (id int8 PRIMARY KEY, name text)")
        }

        @Test func rowsAreCopied() throws {
            let connection = try connect()
            try table(connection)
            let names: [String?] = ["plain", nil, "tab\tline\nback\\slash\r", "\\N", ""]
            let copied = try connection.copyIn("COPY copied FROM STDIN") { writer in
                for (index, name) in names.enumerated() { try writer.writeRow([String(index), name]) }
            }
            #expect(copied == names.count)
            let rows = try connection.query("SELECT name FROM copied ORDER BY id")
            #expect(try rows.map { try $0.optionalString("name") } == names)
        }

        @Test func chunksOfAnySize() throws {
            let connection = try connect()
            try table(connection)
            let long = String(repeating: "y", count: 300_000)
            let copied = try connection.copyIn("COPY copied FROM STDIN") { writer in
                for index in 0..<100 { try writer.write("\(index)\t\(long)\n") }
                #expect(writer.byteCount > 30_000_000)
            }
            #expect(copied == 100)
            #expect(try connection.query("SELECT sum(length(name)) FROM copied")[0].int64(0) == 30_000_000)
        }

        @Test func aThrowingClosureCancels() throws {
            let connection = try connect()
            try table(connection)
            #expect(throws: GivenUp.self) {
                try connection.copyIn("COPY copied FROM STDIN") { writer in
                    try writer.writeRow(["1", "x"])
                    throw GivenUp()
                }
            }
            #expect(try connection.query("SELECT count(*) FROM copied")[0].int64(0) == 0)
        }

        @Test func badDataIsTheServersError() throws {
            let connection = try connect()
            try table(connection)
            let error = failure {
                try connection.copyIn("COPY copied FROM STDIN") { writer in
                    try writer.writeRow(["not a number", nil])
                    for index in 0..<100_000 { try writer.writeRow([String(index), "more than the server reads"]) }
                }
            }
            #expect(error?.sqlState == "22P02")
            #expect(failure { try connection.copyIn("COPY nowhere FROM STDIN") { _ in } }?.sqlState == "42P01")
            #expect(failure { try connection.copyIn("SELECT 1") { _ in } }?.code == .invalidArgument)
            #expect(try connection.query("SELECT count(*) FROM copied")[0].int64(0) == 0)
        }
    }
}
