import CPostgres

/// One row of a result. The getters without `optional` throw `.invalidArgument` where the value is NULL; all throw
/// it where the column does not exist or its text is not of the type asked for.
public struct PostgresRow: Sendable {
    public let rows: PostgresRows
    let index: Int32

    public func isNull(_ column: some PostgresColumn) throws(PostgresError) -> Bool {
        PQgetisnull(rows.result, index, Int32(try column.index(in: rows))) == 1
    }

    /// The value as the server wrote it.
    public func string(_ column: some PostgresColumn) throws(PostgresError) -> String {
        String(decoding: try bytesOfText(column), as: UTF8.self)
    }

    public func optionalString(_ column: some PostgresColumn) throws(PostgresError) -> String? {
        try isNull(column) ? nil : string(column)
    }

    /// An int2, int4, int8, or a numeric without decimals that fits.
    public func int64(_ column: some PostgresColumn) throws(PostgresError) -> Int64 {
        try integer(column)
    }

    public func optionalInt64(_ column: some PostgresColumn) throws(PostgresError) -> Int64? {
        try isNull(column) ? nil : int64(column)
    }

    /// A numeric without decimals that fits.
    public func int128(_ column: some PostgresColumn) throws(PostgresError) -> Int128 {
        try integer(column)
    }

    public func optionalInt128(_ column: some PostgresColumn) throws(PostgresError) -> Int128? {
        try isNull(column) ? nil : int128(column)
    }

    public func double(_ column: some PostgresColumn) throws(PostgresError) -> Double {
        let text = try string(column)
        guard let value = Double(text) else { throw unreadable(column, as: "a floating-point number") }
        return value
    }

    public func bool(_ column: some PostgresColumn) throws(PostgresError) -> Bool {
        let text = try bytesOfText(column)
        if text.elementsEqual([UInt8(ascii: "t")]) { return true }
        if text.elementsEqual([UInt8(ascii: "f")]) { return false }
        throw unreadable(column, as: "a bool")
    }

    /// The bytes of a bytea.
    public func bytes(_ column: some PostgresColumn) throws(PostgresError) -> [UInt8] {
        guard let bytes = TextFormat.bytea(try bytesOfText(column)) else { throw unreadable(column, as: "a bytea") }
        return bytes
    }

    public func optionalBytes(_ column: some PostgresColumn) throws(PostgresError) -> [UInt8]? {
        try isNull(column) ? nil : bytes(column)
    }

    /// The elements of a one-dimensional array of int2, int4 or int8 without nulls.
    public func int64Array(_ column: some PostgresColumn) throws(PostgresError) -> [Int64] {
        guard let values = TextFormat.int64Array(try bytesOfText(column)) else {
            throw unreadable(column, as: "a one-dimensional array of integers without nulls")
        }
        return values
    }

    private func integer<T: FixedWidthInteger>(_ column: some PostgresColumn) throws(PostgresError) -> T {
        guard let value: T = TextFormat.integer(try bytesOfText(column)) else {
            throw unreadable(column, as: "a whole number of \(T.bitWidth) bits")
        }
        return value
    }

    /// The text of a value that is not NULL; valid as long as the rows live, which this row holds.
    private func bytesOfText(_ column: some PostgresColumn) throws(PostgresError) -> UnsafeRawBufferPointer {
        let place = Int32(try column.index(in: rows))
        guard PQgetisnull(rows.result, index, place) == 0, let start = PQgetvalue(rows.result, index, place) else {
            throw PostgresError(.invalidArgument, "Column \"\(rows.columnNames[Int(place)])\" is NULL in row \(index).")
        }
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(rows.result, index, place)))
    }

    private func unreadable(_ column: some PostgresColumn, as type: String) -> PostgresError {
        let place = (try? column.index(in: rows)) ?? -1
        let name = place >= 0 ? rows.columnNames[place] : "?"
        return PostgresError(.invalidArgument, "Column \"\(name)\" of row \(index) is not \(type).")
    }
}
