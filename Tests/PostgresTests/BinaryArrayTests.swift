import Testing

@testable import Postgres

extension ServerTests {
    @Suite(.serialized) struct BinaryArrays {
        /// What the server reads out of an array, as text.
        private func read(_ parameter: PostgresParameter) throws -> [String?] {
            let rows = try connect().query(
                "SELECT t.v::text AS v FROM unnest($1) WITH ORDINALITY AS t (v, place) ORDER BY t.place", [parameter])
            return try rows.map { try $0.optionalString("v") }
        }

        @Test func integersAndBools() throws {
            var int4 = Int4ArrayBuilder(minimumBytes: 0)
            var int8 = Int8ArrayBuilder(minimumBytes: 0)
            var bools = BoolArrayBuilder(minimumBytes: 0)
            let small: [Int32] = [0, 1, -1, .max, .min]
            let large: [Int64] = [0, 1, -1, .max, .min]
            for value in small { int4.append(value) }
            for value in large { int8.append(value) }
            int4.appendNull()
            int8.appendNull()
            for value in [true, false] { bools.append(value) }
            bools.appendNull()
            #expect(try read(int4.parameter) == small.map { String($0) } + [nil])
            #expect(try read(int8.parameter) == large.map { String($0) } + [nil])
            #expect(try read(bools.parameter) == ["true", "false", nil])
        }

        @Test func textAndBytes() throws {
            var texts = TextArrayBuilder(minimumBytes: 0)
            var bytes = ByteaArrayBuilder(minimumBytes: 0)
            let values = ["", "EUR", "grün", "NULL", "{,\"}\\", String(repeating: "x", count: 5000)]
            for value in values { texts.append(value) }
            texts.appendNull()
            Array("utf8".utf8).withUnsafeBytes { texts.append(utf8: $0) }
            #expect(try read(texts.parameter) == values + [nil, "utf8"])
            bytes.append([0, 255, 92])
            bytes.append([UInt8]())
            bytes.append(nil as UnsafeRawBufferPointer?)
            bytes.append(UnsafeRawBufferPointer(start: nil, count: 0))
            #expect(try read(bytes.parameter) == ["\\x00ff5c", "\\x", nil, "\\x"])
        }

        @Test func emptyArraysAndReuse() throws {
            var values = Int8ArrayBuilder(minimumBytes: 0)
            #expect(try read(values.parameter) == [])
            for round in 1...3 {
                for value in 0..<Int64(round * 100) { values.append(value) }
                if round == 2 { values.appendNull() }
                let expected = (0..<round * 100).map { String($0) as String? } + (round == 2 ? [nil] : [])
                #expect(values.count == expected.count)
                #expect(try read(values.parameter) == expected)
                values.removeAll()
                #expect(values.isEmpty)
            }
            #expect(try read(values.parameter) == [])
            let row = try connect().query("SELECT $1 = '{}'::int8[] AS same", [values.parameter])[0]
            #expect(try row.bool("same"))
        }

        @Test func aParameterKeepsItsValues() throws {
            var values = Int8ArrayBuilder()
            values.append(1)
            let before = values.parameter
            values.append(2)
            let middle = values.parameter
            values.removeAll()
            values.append(9)
            #expect(try read(before) == ["1"])
            #expect(try read(middle) == ["1", "2"])
            #expect(try read(values.parameter) == ["9"])
        }

        @Test func refillingUsesTheSameMemory() throws {
            let connection = try connect()
            var values = Int8ArrayBuilder(minimumBytes: 0)
            var places: Set<UnsafeMutableRawPointer> = []
            for _ in 0..<5 {
                values.removeAll()
                for value in 0..<1000 as Range<Int64> { values.append(value) }
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("SELECT count(*) FROM unnest($1)", [values.parameter])
                }
                places.insert(values.storage.start)
            }
            #expect(places.count == 1)
        }

        @Test func numerics() throws {
            var values: [Int128] = [0, 1, -1, .max, .min, .max - 1, .min + 1]
            var power: Int128 = 1
            for _ in 0..<38 {
                power *= 10
                values += [power, power - 1, power + 1, -power, -(power - 1), -(power + 1)]
            }
            values += [
                Int128(UInt64.max), Int128(UInt64.max) + 1, Int128(Int64.min), 9999, 10_000, 10_001, 100_000_000,
            ]
            // Every width, with digits as they come: a multiplicative sequence from a fixed start.
            var digits: UInt128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835
            for bits in 0..<127 {
                digits &*= 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645
                values.append(Int128(truncatingIfNeeded: digits) >> bits)
            }
            var builder = NumericArrayBuilder(minimumBytes: 0)
            for value in values { builder.append(value) }
            builder.appendNull()
            #expect(try read(builder.parameter) == values.map { String($0) } + [nil])
            // The server's own form of a number is the same as ours: equal in comparisons and in hashes.
            let rows = try connect().query(
                """
                SELECT count(*) FILTER (WHERE numeric_send(v) <> numeric_send(v::text::numeric)) AS different,
                    count(DISTINCT v) AS values
                FROM unnest($1) AS v
                """, [builder.parameter])
            #expect(try rows[0].int64("different") == 0)
            #expect(try rows[0].int64("values") == Int64(Set(values).count))
        }

        @Test func timestamps() throws {
            var builder = TimestamptzArrayBuilder(minimumBytes: 0)
            for value: Int64 in [0, 946_684_800_000, 1_700_000_000_123, -1, 4_102_444_799_999] {
                builder.append(unixMilliseconds: value)
            }
            builder.appendNull()
            #expect(
                try read(builder.parameter) == [
                    "1970-01-01 00:00:00+00", "2000-01-01 00:00:00+00", "2023-11-14 22:13:20.123+00",
                    "1969-12-31 23:59:59.999+00", "2099-12-31 23:59:59.999+00", nil,
                ])
            // Beyond PostgreSQL's range: two overflow on the way, one does not.
            for value in [Int64.max, .min, .max / 1000 + 946_684_800_000] {
                builder.removeAll()
                builder.append(unixMilliseconds: value)
                #expect(failure { _ = try read(builder.parameter) }?.sqlState == "22008")
            }
        }

        @Test func badTextIsTheServersError() throws {
            var texts = TextArrayBuilder()
            [UInt8(0xFF)].withUnsafeBytes { texts.append(utf8: $0) }
            #expect(failure { _ = try read(texts.parameter) }?.sqlState == "22021")
        }
    }
}
