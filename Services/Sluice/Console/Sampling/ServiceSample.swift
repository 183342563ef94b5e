/// What a service said, with what follows from what it said before.
struct ServiceSample: Sendable {
    var probe: ServiceProbe
    var figures: ServiceHistory.Figures?
}
