/// From symptom to cause to next step: looks at everything at the same time, then thinks without asking again.
enum Doctor {
    /// Looks and judges. Takes as long as the slowest question, at most about twice the scope's patience, whatever hangs;
    /// what cannot be reached is a finding or a gap of the diagnosis, never an error.
    static func examine(_ scope: DoctorScope) async -> Diagnosis {
        diagnose(await Observations.gather(scope))
    }

    /// What follows from what was seen. Pure.
    static func diagnose(_ seen: Observations) -> Diagnosis {
        let found = Causes.all.flatMap { $0(seen) }
        return Diagnosis(
            findings: Ranking.ranked(found), notExamined: seen.gaps, healthy: HealthySigns.of(seen, findings: found),
            at: seen.at)
    }
}
