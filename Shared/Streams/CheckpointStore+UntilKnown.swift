/// What a committer's thread does, whatever thread that is: it tries until the store has answered, and waits as the lane
/// lets it wait.
extension CheckpointStore {
    /// Claims, and tries again while the store cannot be reached.
    ///
    /// - Parameters:
    ///   - pause: waits so many milliseconds; false where nobody wants the claim any more.
    ///   - retried: told of each try that failed for a passing reason.
    public func claimUntilKnown(
        _ partitions: [Partition], pause: (Int64) -> Bool, retried: (StoreError) -> Void
    ) -> Result<[Claim], StoreError> {
        var delay: Int64 = 50
        while true {
            do throws(StoreError) {
                return .success(try claim(partitions))
            } catch {
                if error.code == .permanent { return .failure(error) }
                retried(error)
                guard pause(delay) else {
                    return .failure(StoreError(.cancelled, "asked to stop while claiming: \(error.message)"))
                }
                delay = min(2_000, delay * 2)
            }
        }
    }

    /// Carries a machine's checkpoint to its certain end.
    ///
    /// - Parameters:
    ///   - pause: waits so many milliseconds; false where the lane is given up.
    ///   - commitRetried, claimRetried: told of each try that failed for a passing reason.
    public func commitUntilKnown(
        _ machine: consuming CommitMachine<Output>, pause: (Int64) -> Bool, commitRetried: (StoreError) -> Void,
        claimRetried: (StoreError) -> Void
    ) -> CommitOutcome<Output> {
        var machine = machine
        var action = machine.start()
        while true {
            switch action {
            case .done(let outcome):
                return outcome
            case .commit(let rest):
                do throws(StoreError) {
                    try commit(rest)
                    action = machine.commitSucceeded()
                } catch {
                    if error.code == .transient || error.code == .outcomeUnknown { commitRetried(error) }
                    action = machine.commitFailed(error)
                }
            case .reclaim(let owned):
                do throws(StoreError) {
                    action = machine.reclaimed(try reclaim(owned))
                } catch {
                    claimRetried(error)
                    action = machine.reclaimFailed(error)
                }
            case .wait(let milliseconds, let retry):
                action =
                    pause(milliseconds)
                    ? machine.retry(retry)
                    : machine.commitFailed(StoreError(.cancelled, "asked to stop while committing"))
            }
        }
    }
}
