/// What PostgreSQL says of itself.
struct DatabaseState: Sendable, Equatable {
    /// Who asks.
    var role: String
    /// Whether the role sees what other sessions do.
    var mayRead: Bool
    /// A standby, or a server that recovers.
    var isInRecovery = false
    /// What new transactions of this role are.
    var isReadOnly = false
    var maximumConnections: Int
    /// Kept back for superusers.
    var reservedConnections: Int
    /// Client sessions of the whole server.
    var connections: Int
    /// `synchronous_standby_names`.
    var synchronousStandbys = ""
    var synchronousCommit = "on"
    /// Standbys that stream.
    var standbys: [StandbyState] = []
    /// WAL files that could not be archived, and when the last failed; nil where none has failed since one went through.
    var failedArchiving: String?
    var sessions: [SessionState] = []
    /// Transactions that were prepared and neither committed nor rolled back, with their age in milliseconds.
    var prepared: [PreparedState] = []
    /// What the role cannot do with the job's tables that a process of the job must: `UPDATE on "sluice".progress`. Nil where
    /// it has no right to write at all, as a reader.
    var missingRights: [String]?
    /// Migrations that the program has and the database lacks; nil where it could not be asked.
    var pendingMigrations: [String] = []
    /// Why the migrations could not be compared.
    var migrationFailure: String?
    /// Whether the schemas are there at all.
    var hasTables = true
}

struct StandbyState: Sendable, Equatable {
    var name: String
    var state: String
    var syncState: String
}

struct PreparedState: Sendable, Equatable {
    var name: String
    var owner: String
    var ageMilliseconds: Int64
}

/// A session as `pg_stat_activity` shows it. What it executes is cut to its first words: the rest may hold data of people.
struct SessionState: Sendable, Equatable {
    var pid: Int64
    var application: String
    var user: String
    var client: String
    /// `active`, `idle in transaction`, …
    var state: String
    var waitType: String?
    var waitEvent: String?
    /// Milliseconds; nil outside of a transaction.
    var transactionAge: Int64?
    /// Since its statement began.
    var statementAge: Int64?
    /// Since its state changed.
    var stateAge: Int64?
    /// The first words of its statement, without values.
    var words: String
    /// Sessions that hold what it waits for; 0 stands for a prepared transaction.
    var blockedBy: [Int64] = []
    /// Tables of the job that it holds locks on.
    var holds: [String] = []
}
