import Foundation
import Glibc
import LocalServers
import Testing

/// What is broken on purpose, and mended as the runbook says.
extension WatchedStack {
    /// Writes to a topic in a transaction that was declared to skip no offset: the transaction's marker takes one. The partition
    /// stops, the gap is accepted, and a process with the right declaration goes on.
    /// - Returns: the process that goes on.
    func stopPartition(of process: Aggregator, flags: [String]) async throws -> Aggregator {
        let start = ContinuousClock.now
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        try await scenario.produce([.click(1, partition: 1, at: now)], transaction: true)
        try await scenario.produce([.click(2, partition: 1, at: now)])
        let page = try await expectAlert(
            "SluicePartitionStopped", since: start, within: .seconds(30), fault: "a partition poisoned",
            cause: "offsets_missing", doctor: ("offsets_missing", [process]))
        #expect(page.labels["service"] == "spend-aggregator")
        let stop = try await process.waitFor("partition stopped")
        let gap = try #require(stop["explanation"]?.firstMatch(of: /--accept-gap-to (\d+)/)?.1)
        try await process.terminate()
        try await scenario.expectSet(1, ["--accept-gap-to", String(gap)])
        let mended = ContinuousClock.now
        let next = try services.start(flags: flags + ["--kafka-contiguous", "false"])
        try await expectResolved("SluicePartitionStopped", since: mended)
        return next
    }

    /// Adds to a figure what no event has brought, and takes it back by a plan of `sluice reconcile`.
    func changeRow(beside process: Aggregator) async throws {
        let table = "\"\(scenario.prefix)spend\".minute_by_partition"
        let start = ContinuousClock.now
        try scenario.database.execute(
            """
            BEGIN; SELECT set_config('sluice.levels', 'derived', true);
            UPDATE \(table) SET spend_nanos = spend_nanos + 1000000000
            WHERE ctid = (SELECT ctid FROM \(table) ORDER BY minute, campaign_id LIMIT 1); COMMIT
            """)
        try await expectAlert(
            "SluiceSpendDiffers", since: start, within: .seconds(30), fault: "a row changed by hand", cause: "minute",
            doctor: ("figures_differ", [process]))
        let plan = scenario.folder.appending(path: "plan.json").inFileSystem
        let comparison = try await scenario.sluice(
            ["reconcile", "--kafka-brokers", scenario.brokers, "--plan", plan] + scenario.installation)
        try #require(FileManager.default.fileExists(atPath: plan), "\(comparison)")
        let repair = try await scenario.sluice(
            ["reconcile", "repair", plan, "--apply", "--reason", "changed by hand in a test"]
                + scenario.installation.dropLast(2))
        try #require(repair.status.isSuccess, "\(repair)")
        try await expectResolved("SluiceSpendDiffers", since: .now)
    }

    /// A session that has locked a progress row and does nothing more.
    func holdProgressRow() throws -> ChildProcess {
        // psql waits for a line that never comes, idle in transaction.
        try scenario.spawn(
            "/bin/sh",
            [
                "-c", "(echo \"$1\"; exec sleep 600) | psql -XAtq \"$0\"",
                scenario.postgres + " application_name=hangs",
                "BEGIN; SELECT FROM \(scenario.progress) WHERE partition = 0 FOR UPDATE;",
            ], environment: [:])
    }
}
