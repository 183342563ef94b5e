import Cryptography
import FoundationEssentials
import Glibc
import LocalServers
import Testing

/// Certificates that `openssl` made.
@Suite struct CertificateFileTests {
    @Test(.timeLimit(.minutes(3)))
    func endOfOneCertificate() async throws {
        let folder = try CertificateFolder()
        let before = Int64(time(nil))
        try await folder.make("one", days: 10)
        let after = Int64(time(nil))
        let end = try CertificateFile.notAfter(path: folder.path("one.pem"))
        #expect(end >= before + 864_000 && end <= after + 864_000)
    }

    /// In whatever order; and a key between them is passed over.
    @Test(.timeLimit(.minutes(3)), arguments: [["long", "short"], ["short", "long"]])
    func earliestEndOfSeveral(names: [String]) async throws {
        let folder = try CertificateFolder()
        try await folder.make("long", days: 400)
        try await folder.make("short", days: 3)
        let text = try names.map { try folder.text("\($0).pem") + folder.text("\($0).key") }.joined(
            separator: "# a remark\n")
        try folder.write("both.pem", text)
        #expect(
            try CertificateFile.notAfter(path: folder.path("both.pem"))
                == CertificateFile.notAfter(path: folder.path("short.pem")))
    }

    /// Ends after 2049 are written in another form (GeneralizedTime).
    @Test(.timeLimit(.minutes(3)))
    func endFarAway() async throws {
        let folder = try CertificateFolder()
        let now = Int64(time(nil))
        try await folder.make("far", days: 36_500)
        #expect(abs(try CertificateFile.notAfter(path: folder.path("far.pem")) - now - 36_500 * 86_400) < 60)
    }

    @Test(.timeLimit(.minutes(3)))
    func anEndThatIsOverIsStillAnEnd() throws {
        let folder = try CertificateFolder()
        try folder.write("old.pem", Self.expired)
        // openssl x509 -noout -enddate: Jan  2 03:04:05 2020 GMT
        #expect(try CertificateFile.notAfter(path: folder.path("old.pem")) == 1_577_934_245)
    }

    @Test(
        arguments: [
            ("missing.pem", nil, "cannot be read: No such file or directory"),
            ("empty.pem", "", "no PEM block BEGIN CERTIFICATE"),
            ("text.pem", "not a certificate\n", "no PEM block BEGIN CERTIFICATE"),
            (
                "key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "no PEM block BEGIN CERTIFICATE"
            ),
            (
                "broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "cannot be decoded"
            ),
            ("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB", "cannot be decoded"),
        ] as [(String, String?, String)])
    func errorsNameTheFile(name: String, text: String?, says: String) throws {
        let folder = try CertificateFolder()
        if let text { try folder.write(name, text) }
        let error = #expect(throws: CertificateError.self) { try CertificateFile.notAfter(path: folder.path(name)) }
        #expect(error?.message.contains(folder.path(name)) == true)
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test func aFileThatIsTooLarge() throws {
        let folder = try CertificateFolder()
        try folder.write("large.pem", String(repeating: "x", count: (4 << 20) + 1))
        let error = #expect(throws: CertificateError.self) {
            try CertificateFile.notAfter(path: folder.path("large.pem"))
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("large.pem is larger than 4194304 bytes") == true)
    }

    /// A certificate that is well does not hide one that is not.
    @Test(.timeLimit(.minutes(3)))
    func aBrokenCertificateAfterAGoodOne() async throws {
        let folder = try CertificateFolder()
        try await folder.make("one", days: 10)
        try folder.write(
            "both.pem", try folder.text("one.pem") + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        let error = #expect(throws: CertificateError.self) {
            try CertificateFile.notAfter(path: folder.path("both.pem"))
        }
        #expect(error?.code == .malformed)
    }

    @Test(.timeLimit(.minutes(3)))
    func neitherFoldersNorPipesAreRead() throws {
        let folder = try CertificateFolder()
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        for path in [folder.path("pipe"), folder.root] {
            let error = #expect(throws: CertificateError.self) { try CertificateFile.notAfter(path: path) }
            #expect(error?.message.contains("not a regular file") == true)
        }
    }

    /// Made with `openssl ca -startdate 20200101000000Z -enddate 20200102030405Z`; its key is gone.
    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBBDCBqgIBATAKBggqhkjOPQQDAjAOMQwwCgYDVQQDDANvbGQwHhcNMjAwMTAx
        MDAwMDAwWhcNMjAwMTAyMDMwNDA1WjAOMQwwCgYDVQQDDANvbGQwWTATBgcqhkjO
        PQIBBggqhkjOPQMBBwNCAAR1yiK8fyKLPhaWP89dCLpZq0KjQtXrvRqVEZm4VgrE
        dCYaEZpjH3A7z2rWRjC8nxnhgjQ6DqMrJUtvZgVBhbqOMAoGCCqGSM49BAMCA0kA
        MEYCIQDj9IKfcqw4vYHEmlj7yNgYtCQac1jmj5Nptf8LUWKGyAIhAJ7+K5h3jvFr
        m7A7bHbJWfCg2Pmd4zW3jHQJHX0LGyDN
        -----END CERTIFICATE-----

        """
}
