import CPostgres

extension PostgresConnection {
    /// Runs one or more statements separated by semicolons, without parameters, and drops their rows. Without BEGIN
    /// in it the whole text is one transaction.
    ///
    /// - Throws: `.server` for the first statement that fails, the connection stays usable (in a failed transaction
    ///   if one was begun); see `PostgresError.isConnectionFailure` for lost connections.
    public func execute(_ sql: String) throws(PostgresError) {
        let operation = Self.operation(sql)
        try exclusively(operation) { handle throws(PostgresError) in
            try Self.refuseZeroBytes(sql)
            guard PQsendQuery(handle, sql) == 1 else { throw sendFailure(handle, operation: operation) }
            _ = try lastRows(handle, sql: sql, operation: operation)
        }
    }

    /// Runs one statement with parameters; the rows come as text.
    ///
    /// All rows are held in memory: give the statement a LIMIT where the table does not give one.
    @discardableResult
    public func query(_ sql: String, _ parameters: [PostgresParameter] = []) throws(PostgresError) -> PostgresRows {
        let operation = Self.operation(sql)
        return try exclusively(operation) { handle throws(PostgresError) in
            let binding = try bind(parameters, operation: operation)
            try send(sql, binding, handle, operation: operation)
            return try onlyRows(handle, sql: sql, operation: operation)
        }
    }

    /// Runs a prepared statement, parsing it first where this session has not.
    @discardableResult
    public func query(
        _ statement: PreparedStatement, _ parameters: [PostgresParameter] = []
    ) throws(PostgresError) -> PostgresRows {
        let operation = "statement '\(statement.name)'"
        return try exclusively(operation) { handle throws(PostgresError) in
            let binding = try bind(parameters, operation: operation)
            if try !isPrepared(statement) {
                try prepare(statement, types: Self.types(of: statement, parameters), handle, operation: operation)
            }
            try send(statement, binding, handle, operation: operation)
            return try onlyRows(handle, sql: statement.sql, operation: operation)
        }
    }

    /// Parses a statement now, where this session has not, so that an error in it shows at once.
    ///
    /// - Throws: `.invalidArgument` where another text is prepared under the name.
    @discardableResult
    public func prepare(
        name: String, sql: String, parameterTypes: [PostgresType] = []
    ) throws(PostgresError) -> PreparedStatement {
        let statement = PreparedStatement(name: name, sql: sql, parameterTypes: parameterTypes)
        let operation = "preparing '\(name)'"
        try exclusively(operation) { handle throws(PostgresError) in
            if try !isPrepared(statement) {
                try prepare(statement, types: parameterTypes, handle, operation: operation)
            }
        }
        return statement
    }

    // MARK: - Sending

    func bind(_ parameters: [PostgresParameter], operation: String) throws(PostgresError) -> ParameterBinding {
        // libpq counts bytes in 32 bits, the server takes messages of at most 1 GiB.
        let limit = min(configuration.maximumBindBytes, 1_000_000_000)
        return try ParameterBinding(parameters, maximumBytes: limit, operation: operation)
    }

    func send(
        _ sql: String, _ binding: ParameterBinding, _ handle: OpaquePointer, operation: String
    ) throws(PostgresError) {
        try Self.refuseZeroBytes(sql)
        let sent = withExtendedLifetime(binding) {
            PQsendQueryParams(
                handle, sql, binding.count, binding.types, binding.values, binding.lengths, binding.formats, 0)
        }
        guard sent == 1 else { throw sendFailure(handle, operation: operation) }
    }

    func send(
        _ statement: PreparedStatement, _ binding: ParameterBinding, _ handle: OpaquePointer, operation: String
    ) throws(PostgresError) {
        let sent = withExtendedLifetime(binding) {
            PQsendQueryPrepared(
                handle, statement.name, binding.count, binding.values, binding.lengths, binding.formats, 0)
        }
        guard sent == 1 else { throw sendFailure(handle, operation: operation) }
    }

    func sendPrepare(
        _ statement: PreparedStatement, types: [PostgresType], _ handle: OpaquePointer, operation: String
    ) throws(PostgresError) {
        try Self.refuseZeroBytes(statement.sql)
        let sent = PQsendPrepare(handle, statement.name, statement.sql, Int32(types.count), types.map(\.rawValue))
        guard sent == 1 else { throw sendFailure(handle, operation: operation) }
    }

    private func prepare(
        _ statement: PreparedStatement, types: [PostgresType], _ handle: OpaquePointer, operation: String
    ) throws(PostgresError) {
        try sendPrepare(statement, types: types, handle, operation: operation)
        _ = try lastRows(handle, sql: statement.sql, operation: operation)
        preparedStatements[statement.name] = (statement.sql, types)
    }

    /// Whether this session has parsed the statement.
    func isPrepared(_ statement: PreparedStatement) throws(PostgresError) -> Bool {
        guard !statement.name.isEmpty, !statement.name.utf8.contains(0) else {
            throw PostgresError(.invalidArgument, "A prepared statement needs a name without a zero byte.")
        }
        guard let known = preparedStatements[statement.name] else { return false }
        guard known.sql == statement.sql else {
            throw PostgresError(
                .invalidArgument, "Another statement is prepared under the name '\(statement.name)'.",
                hint: "Names of statements are unique within a connection.")
        }
        return true
    }

    static func types(of statement: PreparedStatement, _ parameters: [PostgresParameter]) -> [PostgresType] {
        statement.parameterTypes.isEmpty ? parameters.map(\.type) : statement.parameterTypes
    }

    // MARK: - Receiving

    private func onlyRows(
        _ handle: OpaquePointer, sql: String, operation: String
    ) throws(PostgresError) -> PostgresRows {
        guard let rows = try lastRows(handle, sql: sql, operation: operation) else {
            close()
            throw PostgresError(.connectionLost, "The statement was not answered.", context: operation)
        }
        return rows
    }

    /// Reads results until libpq says that there are no more; the first error of them is thrown.
    func lastRows(
        _ handle: OpaquePointer, sql: String, operation: String
    ) throws(PostgresError) -> PostgresRows? {
        var failure: PostgresError?
        var rows: PostgresRows?
        try flush(handle, operation: operation)
        while let result = try nextResult(handle, operation: operation) {
            let answer = PostgresRows(adopting: result)
            if let error = refusal(answer, handle, sql: sql, operation: operation) {
                failure = failure ?? error
            } else {
                rows = answer
            }
            if !isOpen { break }
        }
        if let failure { throw failure }
        guard isOpen else { throw PostgresError(.connectionLost, "The connection was lost.", context: operation) }
        return rows
    }

    /// The error that a result stands for, or nil.
    func refusal(
        _ rows: PostgresRows, _ handle: OpaquePointer, sql: String, operation: String
    ) -> PostgresError? {
        switch PQresultStatus(rows.result) {
        case PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return nil
        case PGRES_COMMAND_OK:
            guard rows.commandTag == "ROLLBACK", Self.isCommit(sql) else { return nil }
            return PostgresError(
                .server, "The transaction had failed before: COMMIT was answered with ROLLBACK.",
                sqlState: "25P02", context: operation)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            // A session in the middle of a COPY is of no use for anything else.
            close()
            return PostgresError(
                .invalidArgument,
                "COPY from or to the client was given to a call that cannot serve it; the connection "
                    + "is closed.", hint: "Use copyIn.", context: operation)
        default:
            var error = PostgresError(
                result: rows.result, connectionIsBad: PQstatus(handle) != CONNECTION_OK, operation: operation)
            if Self.hasLostPreparedStatement(rows, error) {
                error.hint = "The session was ended: a new one parses its statements again."
            } else if error.code != .protocolViolation {
                return error
            }
            // An answer that did not come from the server says nothing about what the server did.
            close()
            error.code = .connectionLost
            return error
        }
    }

    /// Whether the session's prepared statements are no longer what this object takes them for: deallocated behind
    /// its back (26000), or of a shape that a migration has changed ("cached plan must not change result type", which
    /// shares its SQLSTATE with others and is told by the server's function). A new session knows nothing of the old.
    private static func hasLostPreparedStatement(_ rows: PostgresRows, _ error: PostgresError) -> Bool {
        switch error.sqlState {
        case "26000": true
        case "0A000": DiagnosticField.sourceFunction.text(in: rows.result) == "RevalidateCachedQuery"
        default: false
        }
    }

    /// Whether a statement's first word is COMMIT or END.
    private static func isCommit(_ sql: String) -> Bool {
        let word = sql.drop { $0.isWhitespace }.prefix { $0.isLetter }.uppercased()
        return word == "COMMIT" || word == "END"
    }

    /// What an error says about where it happened: the beginning of the statement, up to a password in it.
    static func operation(_ sql: String) -> String {
        let beginning = sql.prefix(121)
        var shown = beginning.prefix(120)
        let lowercased = shown.lowercased()
        if let secret = lowercased.firstRange(of: "password") {
            shown = shown.prefix(lowercased.distance(from: lowercased.startIndex, to: secret.lowerBound))
        }
        return "statement \"\(trimmed(String(shown)))\(shown.count < beginning.count ? "..." : "")\""
    }

    static func refuseZeroBytes(_ sql: String) throws(PostgresError) {
        guard !sql.utf8.contains(0) else {
            throw PostgresError(.invalidArgument, "The statement holds a zero byte.", context: operation(sql))
        }
    }
}
