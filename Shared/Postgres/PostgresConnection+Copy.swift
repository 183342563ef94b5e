import CPostgres

extension PostgresConnection {
    /// Runs a `COPY ... FROM STDIN` with the data that the closure writes, in chunks of 64 KiB that are sent as they
    /// fill up: memory stays bounded whatever is copied.
    ///
    /// - Throws: what the closure throws (the COPY is then cancelled and leaves nothing behind), or `PostgresError`.
    /// - Returns: the number of rows copied.
    @discardableResult
    public func copyIn(_ sql: String, write: (inout CopyWriter) throws -> Void) throws -> Int {
        let operation = Self.operation(sql)
        let outcome = try exclusively(operation) { handle throws(PostgresError) -> Result<Int, any Error> in
            try startCopy(sql, handle, operation: operation)
            do {
                var writer = CopyWriter(self, handle)
                try write(&writer)
                try writer.send()
            } catch {
                try cancelCopy(handle, operation: operation)
                return .failure(error)
            }
            guard try endCopy(handle, reason: nil, operation: operation) else {
                throw sendFailure(handle, operation: operation)
            }
            return .success(try lastRows(handle, sql: sql, operation: operation)?.affectedRowCount ?? 0)
        }
        return try outcome.get()
    }

    private func startCopy(_ sql: String, _ handle: OpaquePointer, operation: String) throws(PostgresError) {
        try Self.refuseZeroBytes(sql)
        guard PQsendQuery(handle, sql) == 1 else { throw sendFailure(handle, operation: operation) }
        try flush(handle, operation: operation)
        guard let result = try nextResult(handle, operation: operation) else {
            throw PostgresError(.protocolViolation, "The statement had no result.", context: operation)
        }
        if PQresultStatus(result) == PGRES_COPY_IN {
            PQclear(result)
            return
        }
        let answer = PostgresRows(adopting: result)
        let error = refusal(answer, handle, sql: sql, operation: operation)
        if isOpen {
            _ = try lastRows(handle, sql: sql, operation: operation)
        }
        throw error
            ?? PostgresError(
                .invalidArgument, "The statement is not a COPY from the client.",
                hint: "It is COPY table (columns) FROM STDIN.", context: operation)
    }

    /// Hands one chunk to libpq and sends it.
    func sendCopy(_ chunk: [UInt8], _ handle: OpaquePointer) throws(PostgresError) {
        guard isOpen else {
            throw PostgresError(.connectionLost, "The connection is closed.", context: "COPY")
        }
        while true {
            let taken = chunk.withUnsafeBytes {
                PQputCopyData(handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
            }
            if taken < 0 { throw sendFailure(handle, operation: "COPY") }
            try flush(handle, operation: "COPY")
            if taken == 1 { return }
        }
    }

    /// - Parameter reason: the COPY is cancelled for it; nil ends the COPY.
    /// - Returns: false where libpq could not take it.
    private func endCopy(_ handle: OpaquePointer, reason: String?, operation: String) throws(PostgresError) -> Bool {
        while true {
            let taken = PQputCopyEnd(handle, reason)
            if taken < 0 { return false }
            try flush(handle, operation: operation)
            if taken == 1 { return true }
        }
    }

    /// Cancels the COPY; the server's error about that is expected. A lost connection is thrown.
    private func cancelCopy(_ handle: OpaquePointer, operation: String) throws(PostgresError) {
        guard isOpen else { return }
        guard try endCopy(handle, reason: "the client gave the COPY up", operation: operation) else {
            close()
            return
        }
        do {
            _ = try lastRows(handle, sql: "COPY", operation: operation)
        } catch  where !error.isConnectionFailure {
            return
        }
    }
}
