import CPostgres

/// The field codes of an error message (protocol documentation, "Error and Notice Message Fields").
/// libpq's names for them are macros, which Swift does not see.
enum DiagnosticField: UInt8 {
    case severity = 0x56  // V, never translated
    case sqlState = 0x43  // C
    case message = 0x4D  // M
    case detail = 0x44  // D
    case hint = 0x48  // H
    case statementPosition = 0x50  // P
    case context = 0x57  // W
    case constraintName = 0x6E  // n
    case sourceFunction = 0x52  // R

    /// The field's text in a result, cut to 2,000 characters: a server's CONTEXT can quote whole statements.
    func text(in result: OpaquePointer?) -> String? {
        guard let start = PQresultErrorField(result, Int32(rawValue)) else { return nil }
        return String(decoding: boundedBytes(start, limit: 2000), as: UTF8.self)
    }
}

/// The bytes of a C string, without its end, at most `limit` of them.
private func boundedBytes(_ start: UnsafePointer<CChar>, limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while index < limit, start[index] != 0 {
        bytes.append(UInt8(bitPattern: start[index]))
        index += 1
    }
    return bytes
}

extension PostgresError {
    /// The error that a result carries; everything is copied out, the result may be cleared afterwards.
    ///
    /// - Parameter connectionIsBad: libpq has given the connection up.
    init(result: OpaquePointer?, connectionIsBad: Bool, operation: String) {
        let sqlState = DiagnosticField.sqlState.text(in: result)
        let severity = DiagnosticField.severity.text(in: result)
        // After FATAL or PANIC the server ends the session, whatever libpq has noticed so far.
        let ends = severity == "FATAL" || severity == "PANIC" || (connectionIsBad && sqlState == nil)
        let whole = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        let message = DiagnosticField.message.text(in: result) ?? trimmed(whole)
        self.init(
            ends ? .connectionLost : (sqlState == nil ? .protocolViolation : .server),
            message.isEmpty ? "The server gave no reason." : message,
            sqlState: sqlState,
            detail: DiagnosticField.detail.text(in: result),
            hint: DiagnosticField.hint.text(in: result)
        )
        constraintName = DiagnosticField.constraintName.text(in: result)
        var parts = [operation]
        if let position = DiagnosticField.statementPosition.text(in: result) { parts.append("character \(position)") }
        if let context = DiagnosticField.context.text(in: result) { parts.append(context) }
        context = parts.joined(separator: "; ")
    }

    /// The same error, placed at a statement of a pipeline.
    func at(statement index: Int, named name: String?) -> PostgresError {
        var error = self
        error.statementIndex = index
        error.statementName = name
        return error
    }
}

/// A text of libpq on one line: its messages end with a line feed and are indented over several lines.
func trimmed(_ text: String) -> String {
    text.split(whereSeparator: { $0 == "\n" || $0 == "\t" || $0 == "\r" }).joined(separator: " ")
}
