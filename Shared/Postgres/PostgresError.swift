/// What went wrong with PostgreSQL: one type for the whole module.
///
/// No error text holds a password: the connection string is never quoted, and the password is struck out of
/// whatever libpq or the server say while connecting. Texts from the server may hold values of rows (its DETAIL).
public struct PostgresError: Error, Sendable, Hashable {
    /// The kind of failure, for decisions in code; the texts are for people.
    public enum Code: String, Sendable, Hashable {
        /// No connection could be made: unreachable, refused, or not let in.
        case connectionFailed
        /// An established connection was lost or given up. What was under way may have happened or not.
        case connectionLost
        /// The server refused a statement; `sqlState` says why. The connection is usable.
        case server
        /// libpq could not send a statement although the connection stands, or COPY was answered out of turn.
        case protocolViolation
        /// The migrations do not fit what the database records as applied.
        case migration
        /// The caller passed something that cannot be sent or read: nothing was changed.
        case invalidArgument
    }

    public var code: Code
    /// The five characters of the SQLSTATE (PostgreSQL manual, appendix A); nil where the server sent none.
    /// libpq does not say the SQLSTATE of a refused connection.
    public var sqlState: String?
    /// What happened, in one sentence or as the server put it.
    public var message: String
    /// The server's DETAIL; it may hold values of the row concerned.
    public var detail: String?
    /// What to do about it.
    public var hint: String?
    /// Where it happened: the operation, the statement, the server's own CONTEXT.
    public var context: String?
    /// The name of the constraint concerned, where the server gives one.
    public var constraintName: String?
    /// The statement of a pipeline that failed: its name, where it has one.
    public var statementName: String?
    /// The statement of a pipeline that failed, or the first one without an answer, counted from 0.
    public var statementIndex: Int?

    public init(
        _ code: Code,
        _ message: String,
        sqlState: String? = nil,
        detail: String? = nil,
        hint: String? = nil,
        context: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.detail = detail
        self.hint = hint
        self.context = context
    }

    /// Whether the connection is gone (or never was there), so that the outcome of what was under way is in doubt.
    ///
    /// SQLSTATE class 08 (connection exceptions), 57P01 to 57P03 (shutdown, crash, starting up) and 25P03
    /// (idle in a transaction for too long) count besides the two codes.
    public var isConnectionFailure: Bool {
        switch code {
        case .connectionFailed, .connectionLost: return true
        case .protocolViolation, .migration, .invalidArgument: return false
        case .server: break
        }
        guard let sqlState else { return false }
        if sqlState.hasPrefix("08") { return true }
        switch sqlState {
        case "57P01", "57P02", "57P03", "25P03": return true
        default: return false
        }
    }

    /// Whether the same work may succeed when it is tried again later: an outage, a conflict with another
    /// transaction, a lack of resources. Never true for what the data or the statement itself causes.
    public var isTransient: Bool {
        if isConnectionFailure { return true }
        guard code == .server, let sqlState else { return false }
        switch sqlState {
        // Conflicts and deadlocks, lock timeouts; a server that became a standby, until sessions reach its successor.
        case "40001", "40P01", "55P03", "25006": return true
        default: break
        }
        // 53 insufficient resources, 57 operator intervention (statement timeouts are 57014), 58 system errors.
        return sqlState.hasPrefix("53") || sqlState.hasPrefix("57") || sqlState.hasPrefix("58")
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        var text = "\(code.rawValue)"
        if let sqlState { text += " [\(sqlState)]" }
        text += ": \(message)"
        if let statementIndex {
            let name = statementName.map { " '\($0)'" } ?? ""
            text += " (statement\(name) at index \(statementIndex))"
        }
        if let detail { text += " Detail: \(detail)" }
        if let hint { text += " Hint: \(hint)" }
        if let context { text += " Context: \(context)" }
        return text
    }
}
