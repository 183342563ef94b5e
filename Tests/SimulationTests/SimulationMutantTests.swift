#if SLUICE_MUTANTS
    import Simulator
    import TestKit
    import Testing

    /// Each guard that is left out is missed within so many seeds, all of which are in order with it.
    @Suite struct SimulationMutantTests {
        struct Mutant: CustomTestStringConvertible {
            var name: String
            /// The seeds within which it must be found.
            var seeds: ClosedRange<UInt64>
            var rules: [Finding.Rule]
            var testDescription: String { name }
        }

        static let mutants = [
            Mutant(name: "epoch-condition", seeds: 1...20, rules: [.staleOwner]),
            Mutant(name: "expected-offset", seeds: 1...40, rules: [.continuity, .time]),
            Mutant(name: "claim-order", seeds: 1...200, rules: [.claim]),
            Mutant(name: "dead-letter-transaction", seeds: 1...5, rules: [.oneCut]),
            Mutant(name: "deduplication", seeds: 1...5, rules: [.results]),
            Mutant(name: "warm-up", seeds: 1...10, rules: [.results]),
            Mutant(name: "anchor", seeds: 1...20, rules: [.anotherLog]),
            Mutant(name: "outcome-check", seeds: 1...20, rules: [.stopReason]),
            Mutant(name: "commit-ordering", seeds: 1...5, rules: [.mirror]),
            Mutant(name: "blocking-revoke", seeds: 1...30, rules: [.revoke]),
            Mutant(name: "refetch", seeds: 1...60, rules: [.anotherLog]),
            Mutant(name: "log-bounds", seeds: 1...40, rules: [.time, .skipped, .anotherLog, .results]),
        ]

        @Test(arguments: mutants)
        func aGuardThatIsLeftOutIsMissed(_ mutant: Mutant) {
            let simulation = Simulation(job: SpendSimulation.job)
            for seed in mutant.seeds {
                var script = SimulationScript(drawnFrom: seed)
                script.mutants = [mutant.name]
                guard let finding = simulation.run(script).finding else { continue }
                #expect(mutant.rules.contains(finding.rule), "seed \(seed): \(finding)")
                return
            }
            Issue.record("\(mutant.name) was not missed in \(mutant.seeds.count) seeds")
        }

        /// A script is kept for what it showed: with the guard left out that mended it, it must show it still. What a
        /// script draws changes with the world, and then another one has to take its place.
        @Test(arguments: try! KeptScript.all())
        func aKeptScriptStillShowsItsBug(_ kept: KeptScript) throws {
            var script = kept.script
            script.mutants = [kept.guardName]
            #expect(Simulation(job: SpendSimulation.job).run(script).finding != nil, "\(kept)")
        }

        /// Of some fifty faults those are left that it takes: a failover that loses commits, and nothing else.
        @Test func aFailureIsShrunkToWhatItTakes() {
            let simulation = Simulation(job: SpendSimulation.job)
            func without(_ script: SimulationScript) -> SimulationScript {
                var script = script
                script.mutants = ["expected-offset"]
                return script
            }
            guard
                let script = (1...40).lazy.map({ without(SimulationScript(drawnFrom: $0)) })
                    .first(where: { simulation.run($0).finding?.rule == .continuity })
            else {
                Issue.record("no seed shows it")
                return
            }
            var shrinker = ScriptShrinker(limit: 400) { simulation.run($0).finding?.rule == .continuity }
            let short = shrinker.shrink(script)
            #expect(short.faults.count <= 4 && short.faults.count < script.faults.count)
            #expect(simulation.run(short).finding?.rule == .continuity)
            #expect((try? SimulationScript(text: short.text)) == short)
        }
    }
#endif
