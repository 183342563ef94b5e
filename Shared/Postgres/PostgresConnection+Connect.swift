import CPostgres
import Glibc

extension PostgresConnection {
    /// Opens the connection. Later parameters win in libpq, so what stands before `dbname`, which is expanded to the
    /// whole connection string, is a default, and what stands behind it holds.
    static func connect(_ configuration: PostgresConfiguration) throws(PostgresError) -> OpaquePointer {
        guard let string = ConnectionString(configuration.connectionString) else {
            throw PostgresError(
                .invalidArgument,
                "The connection string cannot be parsed; it is not shown, because it may hold a password.",
                hint: "It is host=... dbname=... user=... or postgresql://user@host:port/database; values with spaces "
                    + "need single quotes, and special characters in a URI need percent encoding.")
        }
        var secrets = string.secrets
        var password = configuration.password
        if password == nil, let file = configuration.passwordFile { password = try SecretFile.read(file) }
        guard password?.utf8.contains(0) != true, !configuration.applicationName.utf8.contains(0) else {
            throw PostgresError(.invalidArgument, "The password or the application name holds a zero byte.")
        }
        var parameters = [
            ("application_name", configuration.applicationName),
            ("connect_timeout", String(configuration.connectTimeoutSeconds)),
            ("tcp_user_timeout", String(configuration.tcpUserTimeoutMilliseconds)),
            ("keepalives", "1"),
            ("keepalives_idle", String(configuration.keepalivesIdleSeconds)),
            ("keepalives_interval", String(configuration.keepalivesIntervalSeconds)),
            ("keepalives_count", String(configuration.keepalivesCount)),
            ("dbname", configuration.connectionString),
            ("client_encoding", "UTF8"),
        ]
        if let password {
            secrets.append(password)
            parameters.append(("password", password))
        }
        guard let handle = open(parameters) else {
            throw PostgresError(.connectionFailed, "libpq could not allocate a connection.")
        }
        guard PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0 else {
            defer { PQfinish(handle) }
            let message = striking(secrets, from: trimmed(String(cString: PQerrorMessage(handle))))
            var hint: String?
            if PQconnectionNeedsPassword(handle) == 1 {
                hint = "The server asked for a password and none was given."
            } else if PQconnectionUsedPassword(handle) == 1 {
                hint = "The server asked for a password and was given one."
            }
            throw PostgresError(
                .connectionFailed, message.isEmpty ? "No connection could be made." : message, hint: hint,
                context: "connecting")
        }
        return handle
    }

    /// Calls libpq with the parameters as C strings, which are wiped and freed afterwards.
    private static func open(_ parameters: [(String, String)]) -> OpaquePointer? {
        var keywords: [UnsafePointer<CChar>?] = []
        var values: [UnsafePointer<CChar>?] = []
        var owned: [UnsafeMutablePointer<CChar>] = []
        for (keyword, value) in parameters {
            guard let keywordCopy = strdup(keyword), let valueCopy = strdup(value) else { break }
            owned += [keywordCopy, valueCopy]
            keywords.append(keywordCopy)
            values.append(valueCopy)
        }
        keywords.append(nil)
        values.append(nil)
        defer {
            for copy in owned {
                explicit_bzero(copy, strlen(copy))
                free(copy)
            }
        }
        return PQconnectdbParams(keywords, values, 1)
    }

    /// The settings of a new session, in one round trip. Those that the connection's `options` give are left alone.
    func applySessionSettings() throws(PostgresError) {
        guard let handle else { return }
        let given = ConnectionString(of: handle).sessionSettings
        let wanted = [
            // What the values of results look like, whatever the role or the database has set.
            ("bytea_output", "hex"),
            ("datestyle", "ISO"),
            ("timezone", "UTC"),
            ("lock_timeout", String(configuration.lockTimeoutMilliseconds)),
            ("idle_in_transaction_session_timeout", String(configuration.idleInTransactionTimeoutMilliseconds)),
            ("statement_timeout", String(configuration.statementTimeoutMilliseconds)),
        ]
        let statements = wanted.filter { !given.contains($0.0) || $0.0 == "bytea_output" }
            .map { "SET \($0.0) = \(quoteLiteral($0.1))" }
        try execute(statements.joined(separator: "; "))
    }
}
