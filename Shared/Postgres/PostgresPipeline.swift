/// Statements that are sent together and answered together: one round trip for all of them.
///
/// Given to the closure of `PostgresConnection.pipeline(_:)` and of use only there.
public struct PostgresPipeline: ~Copyable {
    /// What the answers will belong to, in order.
    enum Command {
        case prepare(PreparedStatement, types: [PostgresType])
        case statement(name: String?, sql: String, operation: String)
    }

    private let connection: PostgresConnection
    private let handle: OpaquePointer
    private(set) var commands: [Command] = []
    /// The statements that are parsed within this pipeline.
    private var preparing: [String: String] = [:]
    private var unsentBytes = 0

    /// Above this many unsent bytes adding waits for the server to take some: libpq's buffer stays bounded by this
    /// and the largest statement.
    private static let maximumUnsentBytes = 1 << 20

    init(_ connection: PostgresConnection, _ handle: OpaquePointer) {
        self.connection = connection
        self.handle = handle
    }

    /// The number of statements added; the next one's index among the results.
    public private(set) var statementCount = 0

    /// Adds a statement; BEGIN and COMMIT are statements like any other.
    ///
    /// - Parameter name: what errors call it.
    /// - Throws: `.invalidArgument` for parameters beyond a limit; `.connectionLost`. Let it out of the closure.
    /// - Returns: its index among the results.
    @discardableResult
    public mutating func add(
        _ sql: String, _ parameters: [PostgresParameter] = [], name: String? = nil
    ) throws(PostgresError) -> Int {
        let operation = PostgresConnection.operation(sql)
        do {
            try requireOpen(operation)
            let binding = try connection.bind(parameters, operation: operation)
            try connection.send(sql, binding, handle, operation: operation)
            return try queued(
                .statement(name: name, sql: sql, operation: operation), bytes: binding.byteCount + sql.utf8.count)
        } catch {
            throw error.at(statement: statementCount, named: name)
        }
    }

    /// Adds a prepared statement; where the session has not parsed it, the parsing travels in the same round trip.
    @discardableResult
    public mutating func add(
        _ statement: PreparedStatement, _ parameters: [PostgresParameter] = []
    ) throws(PostgresError) -> Int {
        let operation = "statement '\(statement.name)'"
        do {
            try requireOpen(operation)
            let binding = try connection.bind(parameters, operation: operation)
            try prepareIfNeeded(statement, parameters, operation: operation)
            try connection.send(statement, binding, handle, operation: operation)
            return try queued(
                .statement(name: statement.name, sql: statement.sql, operation: operation), bytes: binding.byteCount)
        } catch {
            throw error.at(statement: statementCount, named: statement.name)
        }
    }

    /// Waits until everything that was added has left for the server, which carries it out as it arrives.
    public mutating func flush() throws(PostgresError) {
        try requireOpen("pipeline")
        try connection.flush(handle, operation: "pipeline")
        unsentBytes = 0
    }

    /// The handle is gone once the connection was given up; a closure may have swallowed the error that said so.
    private func requireOpen(_ operation: String) throws(PostgresError) {
        guard connection.isOpen else {
            throw PostgresError(.connectionLost, "The connection is closed.", context: operation)
        }
    }

    private mutating func prepareIfNeeded(
        _ statement: PreparedStatement, _ parameters: [PostgresParameter], operation: String
    ) throws(PostgresError) {
        if try connection.isPrepared(statement) { return }
        if let sql = preparing[statement.name] {
            guard sql == statement.sql else {
                throw PostgresError(
                    .invalidArgument, "Another statement is prepared under the name '\(statement.name)'.",
                    hint: "Names of statements are unique within a connection.")
            }
            return
        }
        let types = PostgresConnection.types(of: statement, parameters)
        try connection.sendPrepare(statement, types: types, handle, operation: operation)
        preparing[statement.name] = statement.sql
        commands.append(.prepare(statement, types: types))
        unsentBytes += statement.sql.utf8.count
    }

    /// Notes a statement that libpq has taken, and keeps what is unsent within bounds.
    private mutating func queued(_ command: Command, bytes: Int) throws(PostgresError) -> Int {
        commands.append(command)
        statementCount += 1
        connection.lastPipeline.statementsQueued = statementCount
        unsentBytes += bytes + 64
        if unsentBytes > Self.maximumUnsentBytes {
            try connection.flush(handle, operation: "pipeline")
            unsentBytes = 0
        }
        return statementCount - 1
    }
}
