/// How to reach a database, and the limits that every session has. A value: each connection made from it, also
/// after an outage, gets the same parameters, TLS included.
///
/// Where the connection string sets one of these itself (as a keyword of libpq, or in its `options`), the string
/// wins. Only the password here goes before the string's.
public struct PostgresConfiguration: Sendable {
    /// libpq's connection string: `host=... dbname=...` or a URI (PostgreSQL manual, section 34.1.1).
    public var connectionString: String
    /// The password; it replaces one in the string. Never printed.
    public var password: String?
    /// A file that holds the password, read at every connection so that a password can be rotated. A line end at
    /// the end of the file is not part of it. Used where `password` is nil.
    public var passwordFile: String?
    /// What `pg_stat_activity` calls the session.
    public var applicationName: String
    /// For each address that is tried; libpq takes 1 as 2.
    public var connectTimeoutSeconds = 5
    /// How long a statement waits for a lock of another transaction.
    public var lockTimeoutMilliseconds = 5000
    /// How long a transaction may be open with nothing to do before the server ends the session: bounds how long a
    /// process that was stopped inside a transaction holds its locks.
    public var idleInTransactionTimeoutMilliseconds = 5000
    /// How long one statement may run.
    public var statementTimeoutMilliseconds = 60_000
    /// How long sent data may stay without an acknowledgement before the connection counts as lost (TCP only).
    public var tcpUserTimeoutMilliseconds = 5000
    /// After how much silence TCP asks whether the other side still lives, how often, and how many times.
    public var keepalivesIdleSeconds = 5
    public var keepalivesIntervalSeconds = 2
    public var keepalivesCount = 3
    /// How long the server may be silent while an answer is due before the connection is given up; 0 means forever.
    /// nil means the statement timeout and ten seconds (a server that runs to its own limit answers before that).
    public var silenceTimeoutMilliseconds: Int?
    /// The most bytes that the parameters of one statement may hold. The server's own limit is 1 GiB. Below 10 MB is
    /// quickest: libpq moves what it could not send yet at every write (measured: 10 MB in 85 ms, 50 MB in 1.6 s over
    /// a Unix socket).
    public var maximumBindBytes = 64 << 20

    public init(
        connectionString: String, password: String? = nil, passwordFile: String? = nil,
        applicationName: String = "sluice"
    ) {
        self.connectionString = connectionString
        self.password = password
        self.passwordFile = passwordFile
        self.applicationName = applicationName
    }

    /// The file of the authorities that the server is checked against, where the connection string names one.
    public var certificateAuthorityLocation: String? { file("sslrootcert") }
    /// The file of this client's certificate, where the connection string names one.
    public var certificateLocation: String? { file("sslcert") }

    private func file(_ keyword: String) -> String? {
        // "system" means the host's own authorities.
        guard let path = ConnectionString(connectionString)?[keyword], !path.isEmpty, path != "system" else {
            return nil
        }
        return path
    }

    /// The limit that applies: see `silenceTimeoutMilliseconds`. 0 means none.
    var effectiveSilenceMilliseconds: Int {
        if let silenceTimeoutMilliseconds { return max(silenceTimeoutMilliseconds, 0) }
        return statementTimeoutMilliseconds > 0 ? statementTimeoutMilliseconds + 10_000 : 0
    }

    /// The connection string for people: every keyword that is set, passwords as `***`.
    public var redactedDescription: String {
        ConnectionString(connectionString)?.redacted ?? "(a connection string that libpq cannot parse)"
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { redactedDescription }
    public var debugDescription: String { redactedDescription }
    /// Keeps `dump` and the printing of types that hold a configuration from showing its secrets.
    public var customMirror: Mirror {
        Mirror(self, children: ["connectionString": redactedDescription, "applicationName": applicationName])
    }
}
