/// The parts of Grafana's dashboard JSON (its documentation, "Dashboard JSON model") that are written.
extension Dashboard {
    struct Document: Encodable {
        var uid: String
        var title: String
        var description: String
        var tags = ["sluice"]
        var schemaVersion = 39
        var version = 1
        var editable = false
        var refresh = "30s"
        var timezone = "utc"
        var time = ["from": "now-6h", "to": "now"]
        var templating = Templating()
        var panels: [Panel]
    }

    /// Which Prometheus is asked is chosen on the page.
    struct Templating: Encodable {
        struct Variable: Encodable {
            var name = "datasource"
            var type = "datasource"
            var query = "prometheus"
            var label = "Prometheus"
        }
        var list = [Variable()]
    }

    struct Datasource: Encodable {
        var type: String
        var uid: String
        static let prometheus = Datasource(type: "prometheus", uid: "${datasource}")
    }

    struct Panel: Encodable {
        struct Position: Encodable {
            var h: Int
            var w: Int
            var x: Int
            var y: Int
        }

        var id: Int
        var type: String
        var title: String
        var gridPos: Position
        var description: String?
        var datasource: Datasource?
        var targets: [Target]?
        var fieldConfig: FieldConfig?
    }

    struct Target: Encodable {
        var expr: String
        var legendFormat: String
        var refId: String
        var format: String
        var instant: Bool
        var datasource = Datasource.prometheus
    }

    struct FieldConfig: Encodable {
        struct Defaults: Encodable {
            var unit: String
            var thresholds: Thresholds
        }
        var defaults: Defaults
        var overrides: [String]
    }

    struct Thresholds: Encodable {
        var mode: String
        var steps: [Threshold]
    }

    struct Threshold: Encodable {
        var color: String
        /// Nil for the lowest step, which Grafana wants written as null.
        var value: Double?

        private enum CodingKeys: CodingKey { case color, value }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(color, forKey: .color)
            try container.encode(value, forKey: .value)
        }
    }
}
