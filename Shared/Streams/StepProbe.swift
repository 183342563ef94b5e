/// Told where a worker is. Nothing in production listens: a test's probe ends the process at one of these moments, a
/// simulation marks it as dead.
///
/// Called on the worker's thread and on the committer's, at most once a block of records.
public protocol StepProbe: AnyObject, Sendable {
    func reached(_ step: WorkerStep, _ moment: StepMoment)
}

/// On which side of a step.
public enum StepMoment: String, CaseIterable, Sendable { case before, after }
