#if SLUICE_MUTANTS
    import Glibc

    /// Guards of exactly-once that a debug build can leave out, one or several, so that tests can show that they would
    /// notice. A release build contains none of the switches.
    ///
    /// `ofProcess` holds for everything that is not told otherwise, the tests' own process included; a test of one
    /// mutant passes it to the object that it is about.
    public struct Mutants: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// A commit does not compare the epoch.
        public static let epochCondition = Mutants(rawValue: 1 << 0)
        /// A commit does not compare the offset.
        public static let expectedOffset = Mutants(rawValue: 1 << 1)
        /// A refused compare-and-set does not end the transaction: only the client looks at what it moved.
        public static let refusalInServer = Mutants(rawValue: 1 << 2)
        /// A claim reads the progress before it raises the epoch, not in the statement that raises it.
        public static let claimOrder = Mutants(rawValue: 1 << 3)
        /// Progress moves in a transaction of its own, before the one that holds the results.
        public static let oneCut = Mutants(rawValue: 1 << 4)
        /// Dead letters are written in a transaction of their own, after the checkpoint's.
        public static let deadLetterTransaction = Mutants(rawValue: 1 << 5)
        /// After a COMMIT without an answer the checkpoint is sent again, without asking whether it was committed.
        public static let outcomeCheck = Mutants(rawValue: 1 << 6)
        /// The offset goes to the group when the checkpoint is handed over, not when its transaction is committed.
        public static let commitOrdering = Mutants(rawValue: 1 << 7)
        /// A revoke is acknowledged at once, with what is not committed.
        public static let blockingRevoke = Mutants(rawValue: 1 << 8)
        /// The log is not compared with the last applied record.
        public static let anchor = Mutants(rawValue: 1 << 9)
        /// Repeated events count like any other.
        public static let deduplication = Mutants(rawValue: 1 << 10)
        /// Remembered ids are not read again after a restart.
        public static let warmUp = Mutants(rawValue: 1 << 11)
        /// Records are applied whatever their offset: what stands before the expected one as well.
        public static let expectedRecord = Mutants(rawValue: 1 << 12)
        /// A log that begins behind, or ends before, the next offset is read from wherever it begins.
        public static let logBounds = Mutants(rawValue: 1 << 13)
        /// What a client had fetched before a lost connection is applied behind the comparison with the log.
        public static let refetch = Mutants(rawValue: 1 << 14)
        /// A relay writes positions in a transaction of their own, after that of the messages.
        public static let relayPosition = Mutants(rawValue: 1 << 15)
        /// A relay reads the positions before it fences its predecessor, not after.
        public static let relayFence = Mutants(rawValue: 1 << 16)

        /// By the names that SLUICE_MUTANT and the table of mutants use.
        public static let named: [(name: String, mutant: Mutants)] = [
            ("epoch-condition", .epochCondition), ("expected-offset", .expectedOffset),
            ("refusal-in-server", .refusalInServer), ("claim-order", .claimOrder), ("one-cut", .oneCut),
            ("dead-letter-transaction", .deadLetterTransaction), ("outcome-check", .outcomeCheck),
            ("commit-ordering", .commitOrdering), ("blocking-revoke", .blockingRevoke), ("anchor", .anchor),
            ("deduplication", .deduplication), ("warm-up", .warmUp), ("expected-record", .expectedRecord),
            ("log-bounds", .logBounds), ("refetch", .refetch), ("relay-position", .relayPosition),
            ("relay-fence", .relayFence),
        ]

        /// What SLUICE_MUTANT names, separated by commas. An unknown name ends the process: a mutant that was never on
        /// would look like one that nobody misses.
        public static let ofProcess: Mutants = {
            var mutants: Mutants = []
            let names = getenv("SLUICE_MUTANT").map { String(cString: $0) } ?? ""
            for name in names.split(separator: ",") {
                guard let known = named.first(where: { $0.name == name }) else {
                    preconditionFailure("SLUICE_MUTANT: unknown mutant \(name)")
                }
                mutants.insert(known.mutant)
            }
            return mutants
        }()
    }
#endif
