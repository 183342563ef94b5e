/// The answer to one probe: fine, or why not.
public struct HealthReport: Sendable, Equatable {
    /// One thing that stands in the way.
    public struct Reason: Sendable, Equatable {
        public var component: String
        public var text: String
    }

    public var reasons: [Reason]
    public var isOK: Bool { reasons.isEmpty }

    /// `{"status":"ok"}` or `{"status":"failing","reasons":[{"component":…,"reason":…}]}`.
    var json: String {
        var json = JSONText()
        json.beginObject()
        json.field("status", isOK ? "ok" : "failing")
        json.key("reasons")
        json.beginArray()
        for reason in reasons {
            json.beginObject()
            json.field("component", reason.component)
            json.field("reason", reason.text)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.string
    }
}
