import CPostgres

extension PostgresConnection {
    /// Sends the statements that the closure adds with one Sync behind them, and waits for all answers: one round
    /// trip (libpq's pipeline mode, PostgreSQL manual, section 34.5).
    ///
    /// After the first statement that fails the server skips all others, COMMIT included, and this rolls back a
    /// transaction that is still open, also one that was begun before the pipeline: nothing of the pipeline stays,
    /// and the connection is usable. The same holds where the closure throws before it has added a COMMIT.
    /// Statements outside of BEGIN and COMMIT are one transaction of their own, except that a COMMIT among them
    /// ends it.
    ///
    /// Sending begins while the closure runs, and interleaves with taking in answers, so it cannot deadlock whatever
    /// the sizes. Keep the closure short: the transaction is open meanwhile.
    ///
    /// - Returns: the rows of each statement, in order.
    /// - Throws: the first error, with the statement's index and name. Where `isConnectionFailure` is true, the
    ///   outcome is in doubt unless `lastPipeline` says otherwise.
    @discardableResult
    public func pipeline(
        _ body: (inout PostgresPipeline) throws(PostgresError) -> Void
    ) throws(PostgresError) -> [PostgresRows] {
        try exclusively("pipeline") { handle throws(PostgresError) in
            lastPipeline = PipelineProgress()
            guard PQenterPipelineMode(handle) == 1 else { throw sendFailure(handle, operation: "pipeline") }
            var pipeline = PostgresPipeline(self, handle)
            var failure: PostgresError?
            do throws(PostgresError) {
                try body(&pipeline)
            } catch {
                failure = error
            }
            guard isOpen else { throw lostWhileQueueing(failure) }
            try endPipeline(handle, rollingBack: failure != nil)
            var rows: [PostgresRows] = []
            do throws(PostgresError) {
                rows = try answers(to: pipeline.commands, rolledBack: failure != nil, handle)
            } catch {
                failure = failure ?? error
                if error.isConnectionFailure { failure = error }
            }
            guard isOpen else { throw failure ?? lostWhileQueueing(nil) }
            try leavePipeline(handle, after: failure)
            if let failure { throw failure }
            return rows
        }
    }

    /// Adds the Sync. Where libpq cannot take it the connection is closed, and the server rolls back.
    private func endPipeline(_ handle: OpaquePointer, rollingBack: Bool) throws(PostgresError) {
        do throws(PostgresError) {
            if rollingBack {
                // What was sent already must not be made permanent by the Sync.
                try send("ROLLBACK", bind([], operation: "rollback"), handle, operation: "rollback")
            }
            guard PQpipelineSync(handle) == 1 else { throw sendFailure(handle, operation: "pipeline") }
        } catch {
            close()
            throw PostgresError(.connectionLost, error.message, context: error.context)
        }
    }

    private func lostWhileQueueing(_ failure: PostgresError?) -> PostgresError {
        if let failure, failure.isConnectionFailure { return failure }
        return PostgresError(.connectionLost, "The connection was lost.", context: "pipeline")
    }

    /// Reads the answers to all commands and the Sync; throws the first error once the Sync is answered, or at once
    /// where the connection is lost.
    private func answers(
        to commands: [PostgresPipeline.Command], rolledBack: Bool, _ handle: OpaquePointer
    ) throws(PostgresError) -> [PostgresRows] {
        var rows: [PostgresRows] = []
        var failure: PostgresError?
        for command in commands {
            let index = lastPipeline.statementsAnswered
            do throws(PostgresError) {
                guard let answer = try answer(to: command, handle) else { continue }
                if case .statement = command, failure == nil {
                    lastPipeline.statementsAnswered += 1
                    rows.append(answer)
                }
            } catch {
                failure = failure ?? error.at(statement: index, named: command.name)
                guard isOpen else { break }
            }
        }
        if isOpen {
            if rolledBack { _ = try answer(to: .statement(name: nil, sql: "ROLLBACK", operation: "rollback"), handle) }
            do throws(PostgresError) {
                lastPipeline.isSynchronized = try readSynchronization(handle)
            } catch {
                // What ended the session tells more than that it has ended.
                if failure?.isConnectionFailure != true { failure = error }
            }
        }
        if let failure { throw failure }
        guard lastPipeline.isSynchronized, lastPipeline.statementsAnswered == lastPipeline.statementsQueued else {
            close()
            throw PostgresError(.connectionLost, "The pipeline ended before all its statements were answered.")
                .at(statement: lastPipeline.statementsAnswered, named: nil)
        }
        return rows
    }

    /// The answer to one command: its rows; nil where the server skipped it because of an earlier error.
    private func answer(
        to command: PostgresPipeline.Command, _ handle: OpaquePointer
    ) throws(PostgresError) -> PostgresRows? {
        let operation = command.operation
        var rows: PostgresRows?
        var failure: PostgresError?
        while let result = try nextResult(handle, operation: operation) {
            let answer = PostgresRows(adopting: result)
            if PQresultStatus(result) == PGRES_PIPELINE_ABORTED { continue }
            if let error = refusal(answer, handle, sql: command.sql, operation: operation) {
                failure = failure ?? error
                if !isOpen { break }
            } else {
                rows = answer
            }
        }
        if let failure { throw failure }
        if case .prepare(let statement, let types) = command, rows != nil {
            // A parsed statement stays, also when the transaction around it is rolled back.
            preparedStatements[statement.name] = (statement.sql, types)
        }
        return rows
    }

    /// Reads the answer to the Sync; false where the connection is lost instead.
    private func readSynchronization(_ handle: OpaquePointer) throws(PostgresError) -> Bool {
        // libpq ends each statement with one nil; a second one in a row would mean that it has lost count.
        for _ in 0..<2 {
            guard let result = try nextResult(handle, operation: "end of the pipeline") else { continue }
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC { return true }
            throw PostgresError(
                result: result, connectionIsBad: PQstatus(handle) != CONNECTION_OK, operation: "end of the pipeline")
        }
        return false
    }

    /// Back to ordinary calls. After a failure a transaction that is still open is rolled back; where even that
    /// cannot be done the connection is closed, which has the same effect.
    private func leavePipeline(_ handle: OpaquePointer, after failure: PostgresError?) throws(PostgresError) {
        guard PQexitPipelineMode(handle) == 1 else {
            let error = sendFailure(handle, operation: "pipeline")
            close()
            throw failure ?? error
        }
        guard failure != nil, PQtransactionStatus(handle) != PQTRANS_IDLE else { return }
        do {
            guard PQsendQuery(handle, "ROLLBACK") == 1 else { throw sendFailure(handle, operation: "rollback") }
            _ = try lastRows(handle, sql: "ROLLBACK", operation: "rollback")
        } catch {
            close()
        }
    }
}

extension PostgresPipeline.Command {
    var name: String? {
        switch self {
        case .prepare(let statement, _): statement.name
        case .statement(let name, _, _): name
        }
    }
    var sql: String {
        switch self {
        case .prepare: ""
        case .statement(_, let sql, _): sql
        }
    }
    var operation: String {
        switch self {
        case .prepare(let statement, _): "preparing '\(statement.name)'"
        case .statement(_, _, let operation): operation
        }
    }
}
