#if SLUICE_MUTANTS
    import Connectors
    import Glibc
    import Runtime
    import ServiceCommand
    import Streams
    import Synchronization

    /// Ends the process with SIGKILL when it arrives at a step for the Nth time: `SLUICE_CRASH_AT=STEP:MOMENT[:N]`, such
    /// as `commit-sent:after:3`, a step of the events' stream, or `relay-commit:after:2`, one of the relay. Debug builds
    /// only.
    ///
    /// SIGKILL runs no handler and flushes no buffer: what is left behind is what the system and the servers have.
    final class CrashPoint: StepProbe, OutboxProbe {
        /// The steps by their names; those of the relay have a prefix, because some are called alike.
        static let steps =
            WorkerStep.allCases.map(\.rawValue) + OutboxStep.allCases.map { relayPrefix + $0.rawValue }
        private static let relayPrefix = "relay-"

        let step: String
        let moment: StepMoment
        /// At which arrival, from 1.
        let arrival: Int
        private let arrivals = Atomic<Int>(0)

        init(step: String, moment: StepMoment, arrival: Int) {
            self.step = step
            self.moment = moment
            self.arrival = arrival
        }

        /// The point that the environment names; nil where it names none.
        ///
        /// - Throws: for a name that is none: a process that never dies would look like one that survived.
        static func ofProcess() throws(RuntimeError) -> CrashPoint? {
            guard let text = getenv("SLUICE_CRASH_AT").map({ String(cString: $0) }), !text.isEmpty else { return nil }
            return try CrashPoint(parsing: text)
        }

        convenience init(parsing text: String) throws(RuntimeError) {
            let fields = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 2 || fields.count == 3, let step = Self.steps.first(where: { $0 == fields[0] }),
                let moment = StepMoment(rawValue: fields[1]), let arrival = fields.count == 2 ? 1 : Int(fields[2]),
                arrival >= 1
            else {
                throw RuntimeError(
                    .configurationInvalid,
                    "SLUICE_CRASH_AT: '\(text)' is no STEP:before or STEP:after, with :N from 1 for the Nth arrival; "
                        + "the steps are \(Self.steps.joined(separator: ", "))")
            }
            self.init(step: step, moment: moment, arrival: arrival)
        }

        func reached(_ step: WorkerStep, _ moment: StepMoment) { reached(step.rawValue, moment) }

        func reached(_ step: OutboxStep, _ moment: StepMoment) throws(OutboxAbandoned) {
            reached(Self.relayPrefix + step.rawValue, moment)
        }

        private func reached(_ step: String, _ moment: StepMoment) {
            guard step == self.step, moment == self.moment,
                arrivals.add(1, ordering: .relaxed).newValue == arrival
            else { return }
            // Unbuffered and past the log's handler: whoever let it die can tell this death from any other.
            let line =
                #"{"event":"crash point reached","point":"\#(step):\#(moment.rawValue)","arrival":\#(arrival)}"#
            // One write with its end: other threads write lines of their own.
            StandardError.shared.write(line + "\n")
            _ = kill(getpid(), SIGKILL)
            // The signal is pending for the whole process: this thread must not go on until it is gone.
            while true { _ = pause() }
        }
    }
#endif
