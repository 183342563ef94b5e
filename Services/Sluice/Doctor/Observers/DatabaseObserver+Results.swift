import Connectors
import Postgres

extension DatabaseObserver {
    /// Progress and what lies beside it.
    func results() throws(PostgresError) -> ResultsState {
        var results = ResultsState()
        results.progress = try progress()
        // Each by itself: what one of them lacks the others need not.
        do throws(PostgresError) { results.deadLetters = try deadLetters() } catch {
            results.failures.append(note(error))
        }
        do throws(PostgresError) { results.reconciliations = try reconciliations() } catch {
            results.failures.append(note(error))
        }
        do throws(PostgresError) { results.lanes = try lanes() } catch { results.failures.append(note(error)) }
        return results
    }

    private func note(_ error: PostgresError) -> String { CommandFailure(.dependency, error.message).line }

    func progress() throws(PostgresError) -> [ProgressSight] {
        let rows = try query(
            """
            SELECT topic, partition::int8 AS partition, epoch, next_offset, stream_time_ms, owner, records, duplicates,
                late_events, dead_letters,
                greatest(0, extract(epoch FROM clock_timestamp() - updated_at) * 1000)::int8 AS age
            FROM \(names.table("sluice", "progress")) WHERE job = $1 ORDER BY topic, partition
            """, [.text(job)])
        return try rows.map { row throws(PostgresError) in
            ProgressSight(
                topic: try row.string("topic"), partition: try row.int64("partition"), epoch: try row.int64("epoch"),
                nextOffset: try row.optionalInt64("next_offset"), streamTime: try row.optionalInt64("stream_time_ms"),
                owner: try row.string("owner"), records: try row.int64("records"),
                duplicates: try row.int64("duplicates"), lateEvents: try row.int64("late_events"),
                deadLetters: try row.int64("dead_letters"), age: try row.int64("age"))
        }
    }

    private func deadLetters() throws(PostgresError) -> [DeadLetterState] {
        let rows = try query(
            """
            SELECT topic, reason, count(*) AS letters, max(partition || ':' || record_offset) AS sample
            FROM \(names.table("sluice", "dead_letter"))
            WHERE job = $1 AND at > now() - interval '10 minutes' AND redriven_at IS NULL
            GROUP BY topic, reason ORDER BY letters DESC LIMIT 50
            """, [.text(job)])
        return try rows.map { row throws(PostgresError) in
            DeadLetterState(
                topic: try row.string("topic"), reason: try row.string("reason"), count: try row.int64("letters"),
                sample: try row.string("sample"))
        }
    }

    /// The last comparison of each range of the last month: an old difference that a later one found mended is none.
    private func reconciliations() throws(PostgresError) -> [ReconciliationState] {
        let rows = try query(
            """
            SELECT * FROM (
                SELECT DISTINCT ON (topic, from_time, to_time) id, kind, verdict, difference_count, report_id, obstacle,
                    (extract(epoch FROM clock_timestamp() - finished_at) * 1000)::int8 AS age
                FROM \(names.table("sluice", "reconciliation")) WHERE job = $1 AND finished_at > now() - interval '31 days'
                ORDER BY topic, from_time, to_time, id DESC) AS r
            ORDER BY id DESC LIMIT 1000
            """, [.text(job)])
        return try rows.map { row throws(PostgresError) in
            ReconciliationState(
                id: try row.int64("id"), kind: try row.string("kind"), verdict: try row.string("verdict"),
                differences: try row.int64("difference_count"), reportID: try row.string("report_id"),
                obstacle: try row.optionalString("obstacle"), age: try row.int64("age"))
        }
    }

    private func lanes() throws(PostgresError) -> [LaneState] {
        let rows = try query(
            """
            SELECT l.output, l.lane::int8 AS lane, l.last_sequence, coalesce(p.position, 0) AS position,
                (extract(epoch FROM clock_timestamp() - p.updated_at) * 1000)::int8 AS age
            FROM \(names.table("sluice", "outbox_lane")) AS l
            LEFT JOIN \(names.table("sluice", "outbox_position")) AS p USING (output, lane) ORDER BY 1, 2
            """)
        return try rows.map { row throws(PostgresError) in
            LaneState(
                output: try row.string("output"), lane: try row.int64("lane"), last: try row.int64("last_sequence"),
                position: try row.int64("position"), age: try row.optionalInt64("age"))
        }
    }
}
