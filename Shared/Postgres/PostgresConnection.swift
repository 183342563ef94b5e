import CPostgres

/// One session with a PostgreSQL server, owning libpq's `PGconn`.
///
/// Confined to one thread at a time: every call blocks until the server has answered or the connection is given up,
/// and no call may be made while another is under way (such a call is refused, also one from inside the closure of
/// `pipeline` or `copyIn`). It is not Sendable; it can be sent to the thread that shall own it. The session ends with
/// `close()` or with the object.
///
/// A connection that was lost stays lost: make a new one from the same configuration.
public final class PostgresConnection {
    /// Whether the session is in a transaction, as of the last answer.
    public enum TransactionState: Sendable, Hashable {
        case idle, active, inTransaction, inFailedTransaction, unknown
    }

    public let configuration: PostgresConfiguration
    /// nil once closed, or given up.
    var handle: OpaquePointer?
    /// Whether a call is under way.
    private var isBusy = false
    /// The SQL and types of the statements that this session has parsed, by name.
    var preparedStatements: [String: (sql: String, types: [PostgresType])] = [:]
    /// How far the last pipeline came: with it the caller knows whether the answer to its COMMIT arrived.
    public internal(set) var lastPipeline = PipelineProgress()
    /// The last notices and warnings of the server, the newest last, at most 16.
    public private(set) var notices: [String] = []
    /// See `PostgresConfiguration.silenceTimeoutMilliseconds`; 0 means none. Long migrations lift it for a while.
    public var silenceTimeoutMilliseconds: Int

    /// Connects, and gives the session its settings.
    ///
    /// - Throws: `.invalidArgument` for a connection string or password file that cannot be used,
    ///   `.connectionFailed` for everything on the way to the server. The texts hold no password.
    public init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        self.configuration = configuration
        silenceTimeoutMilliseconds = configuration.effectiveSilenceMilliseconds
        handle = try Self.connect(configuration)
        PQsetNoticeReceiver(handle, receiveNotice, Unmanaged.passUnretained(self).toOpaque())
        do {
            try applySessionSettings()
        } catch {
            close()
            guard error.isConnectionFailure else { throw error }
            throw PostgresError(
                .connectionFailed, error.message, sqlState: error.sqlState, detail: error.detail, hint: error.hint,
                context: "settings of the session")
        }
    }

    deinit { close() }

    /// Ends the session; a transaction that is open is rolled back by the server. Does nothing a second time.
    public func close() {
        guard let handle else { return }
        self.handle = nil
        preparedStatements.removeAll()
        PQfinish(handle)
    }

    /// Whether the connection is there, as far as is known without asking the server.
    /// Within a call the handle that the call was given is to be used only while this holds.
    public var isOpen: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

    /// The process that serves this session, as in `pg_stat_activity.pid`; 0 when closed.
    public var backendProcessID: Int32 { handle.map { PQbackendPID($0) } ?? 0 }

    /// The server's version, such as 150008 for 15.8; 0 when closed.
    public var serverVersion: Int32 { handle.map { PQserverVersion($0) } ?? 0 }

    public var transactionState: TransactionState {
        switch PQtransactionStatus(handle) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_ACTIVE: .active
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .inFailedTransaction
        default: .unknown
        }
    }

    /// Runs a call alone on the connection.
    func exclusively<T>(
        _ operation: String, _ body: (OpaquePointer) throws(PostgresError) -> T
    ) throws(PostgresError) -> T {
        guard !isBusy else {
            throw PostgresError(
                .invalidArgument, "The connection is in use by another call.",
                hint: "Within a pipeline or a COPY use only what its closure is given.", context: operation)
        }
        guard let handle, PQstatus(handle) == CONNECTION_OK else {
            throw PostgresError(
                .connectionLost, "The connection is closed.", hint: "Make a new connection.", context: operation)
        }
        isBusy = true
        defer { isBusy = false }
        return try body(handle)
    }

    fileprivate func received(notice: String) {
        if notices.count == 16 { notices.removeFirst() }
        notices.append(notice)
    }
}

/// libpq's callback for notices, on the thread that is in a call of libpq; the context is the connection, which
/// outlives its handle.
private func receiveNotice(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let context else { return }
    let severity = DiagnosticField.severity.text(in: result) ?? "NOTICE"
    let message = DiagnosticField.message.text(in: result) ?? ""
    Unmanaged<PostgresConnection>.fromOpaque(context).takeUnretainedValue().received(notice: "\(severity): \(message)")
}
