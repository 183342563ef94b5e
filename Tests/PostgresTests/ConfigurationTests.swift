import Testing

@testable import Postgres

@Suite struct Configurations {
    @Test(arguments: [
        "host=db dbname=spend user=app password=hunter22 sslmode=require",
        "postgresql://app:hunter22@db:5432/spend?sslmode=require",
        "postgres://app@db/spend?password=hunter22&sslpassword=hunter22",
        "host=db password='hunter22 and more' user=app",
    ])
    func secretsAreHidden(string: String) {
        let configuration = PostgresConfiguration(connectionString: string, password: "other-secret")
        var dumped = ""
        dump(configuration, to: &dumped)
        var dumpedInside = ""
        dump((configuration, 1), to: &dumpedInside)
        let optional: PostgresConfiguration? = configuration
        let texts = [
            configuration.redactedDescription, "\(configuration)", String(reflecting: configuration),
            "\(String(describing: optional))", dumped, dumpedInside,
        ]
        for text in texts {
            #expect(!text.contains("hunter22"))
            #expect(!text.contains("other-secret"))
            #expect(text.contains("password=***"))
            #expect(text.contains("host=db"))
        }
    }

    @Test(arguments: [
        "host=db password=my hunter22", "postgresql://app:hunter22@db:5432/spend?hunter22=1", "host=db hunter22=x",
        "password='hunter22",
    ])
    func unparsableStringsAreNotQuoted(string: String) {
        let configuration = PostgresConfiguration(connectionString: string)
        #expect(!configuration.redactedDescription.contains("hunter22"))
        let error = failure { _ = try PostgresConnection(configuration) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.isTransient == false)
        #expect(error.map { !$0.description.contains("hunter22") } == true)
    }

    @Test func aBareNameIsADatabase() {
        #expect(PostgresConfiguration(connectionString: "spend").redactedDescription == "dbname=spend")
    }

    /// What is shown is a connection string again, whatever the values hold.
    @Test(arguments: ["a b", "it's", "back\\slash", "line\nend", "quote'\u{301}", ""])
    func whatIsShownCanBeParsedAgain(value: String) {
        let escaped = String(
            String.UnicodeScalarView(
                value.unicodeScalars.flatMap { "'\\".unicodeScalars.contains($0) ? ["\\", $0] : [$0] }))
        let shown = PostgresConfiguration(connectionString: "host=db dbname='\(escaped)'").redactedDescription
        let again = ConnectionString(shown)
        #expect(again?["dbname"].map { $0.utf8.elementsEqual(value.utf8) } == true, "\(shown)")
        #expect(again?["host"] == "db")
    }

    @Test func aSecretIsStruckOutAlsoWhereSomethingCombinesWithIt() {
        #expect(striking(["hunter22"], from: "no hunter22\u{301}, hunter22") == "no ***\u{301}, ***")
        #expect(striking(["ab"], from: "about") == "about")
    }

    @Test func classificationOfErrors() {
        func error(_ state: String) -> PostgresError { PostgresError(.server, "x", sqlState: state) }
        for state in ["08006", "08P01", "57P01", "57P02", "57P03", "25P03"] {
            #expect(error(state).isConnectionFailure, "\(state)")
            #expect(error(state).isTransient, "\(state)")
        }
        for state in ["40001", "40P01", "55P03", "25006", "57014", "53100", "53200", "53300", "58030"] {
            #expect(!error(state).isConnectionFailure, "\(state)")
            #expect(error(state).isTransient, "\(state)")
        }
        for state in ["23505", "22003", "22P02", "42601", "42501", "25P02", "XX000", "40002", "55000"] {
            #expect(!error(state).isConnectionFailure, "\(state)")
            #expect(!error(state).isTransient, "\(state)")
        }
        #expect(!PostgresError(.migration, "x").isTransient)
        #expect(!PostgresError(.invalidArgument, "x").isTransient)
    }
}
