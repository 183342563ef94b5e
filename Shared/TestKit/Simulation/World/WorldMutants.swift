import Streams

/// The guards that a run leaves out, by name: those of the database in any build, those of the library in a debug one.
struct WorldMutants {
    private(set) var database: DatabaseMutants = []
    #if SLUICE_MUTANTS
        private var library: Mutants = []
    #endif

    /// Those that a release build can leave out as well.
    static let ofDatabase: [String: DatabaseMutants] = [
        "epoch-condition": .epochCondition, "expected-offset": .expectedOffset, "claim-order": .claimOrder,
        "dead-letter-transaction": .deadLetterTransaction,
    ]

    init(_ names: [String]) {
        for name in names {
            if let mutant = Self.ofDatabase[name] {
                database.insert(mutant)
                continue
            }
            #if SLUICE_MUTANTS
                if let known = Mutants.named.first(where: { $0.name == name }) {
                    library.insert(known.mutant)
                    continue
                }
            #endif
            preconditionFailure("this build cannot leave out \(name)")
        }
    }

    func apply(to settings: inout StreamSettings) {
        #if SLUICE_MUTANTS
            settings.mutants = library
        #endif
    }

    func apply<Output: CheckpointOutput>(to machine: inout CommitMachine<Output>) {
        #if SLUICE_MUTANTS
            machine.mutants = library
        #endif
    }
}
