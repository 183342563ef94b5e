/// One of a service's main metrics as its dashboard shows it, beside the objectives.
public struct DashboardPanel: Sendable, Equatable, Codable {
    public var title: String
    /// As Grafana calls it: `s`, `short`, `bytes`, `ops`, …
    public var unit: String
    /// PromQL.
    public var expression: String
    /// What tells the series apart, such as `{{topic}}/{{partition}}`.
    public var legend: String

    enum CodingKeys: String, CodingKey, CaseIterable { case title, unit, expression, legend }
}
