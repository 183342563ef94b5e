/// Certificates signed by themselves, made by `openssl`, for tests and for servers of an afternoon.
public enum LocalCertificate {
    /// Writes `NAME.pem` and `NAME.key` into the folder, for `localhost`, 127.0.0.1 and ::1, valid for so many days from now.
    public static func make(_ name: String, in folder: String, days: Int) async throws {
        let made = try await ChildProcess.run(
            ChildProcess.Configuration(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1", "-days", String(days),
                ]))
        guard made.status.isSuccess else {
            throw LocalServersError(.fileSystem, "openssl made no certificate: \(made.standardError)")
        }
    }
}
