import Connectors
import Postgres
import Testing

@Suite struct DatabaseNamesTests {
    @Test func aPrefixReplacesOnlyQuotedSchemas() throws {
        let names = try DatabaseNames(prefix: "demo_")
        #expect(
            names.qualify("SELECT 'sluice.x', \"sluice\".t, \"other\".u", schemas: ["sluice"])
                == "SELECT 'sluice.x', \"demo_sluice\".t, \"other\".u")
        #expect(names.table("spend", "minute") == "\"demo_spend\".\"minute\"")
    }

    @Test(arguments: ["Demo", "a-b", "a b", "\"", "ä", String(repeating: "a", count: 41)])
    func anUnusablePrefixIsRefused(_ prefix: String) {
        #expect(throws: PostgresError.self) { try DatabaseNames(prefix: prefix) }
    }
}
