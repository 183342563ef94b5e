import CCrypto
import Glibc

/// A file of certificates in PEM form, such as the one of a client or of the authorities that servers are checked against.
public enum CertificateFile {
    /// Above that it is some other file. Debian's file of all authorities is 220 kB.
    static let maximumBytes = 4 << 20

    /// The earliest end of validity of all certificates in the file, in Unix seconds. Other PEM blocks, such as a key, are
    /// passed over.
    ///
    /// - Throws: ``CertificateError``, which names the file.
    public static func notAfter(path: String) throws(CertificateError) -> Int64 {
        var bytes = try read(path)
        // The file may hold a private key too.
        defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        return try earliestEnd(bytes, path)
    }

    private static func earliestEnd(_ bytes: [UInt8], _ path: String) throws(CertificateError) -> Int64 {
        // Borrows the bytes: freed before they go.
        let outcome: Result<Int64?, CertificateError> = bytes.withUnsafeBytes { buffer in
            guard let source = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return .success(nil) }
            defer { BIO_free(source) }
            var earliest: Int64?
            ERR_clear_error()
            while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
                defer { X509_free(certificate) }
                guard let end = unixSeconds(X509_get0_notAfter(certificate)) else {
                    return .failure(.malformed(path, "a certificate in it has an end that is no time"))
                }
                earliest = min(earliest ?? end, end)
            }
            defer { ERR_clear_error() }
            guard sluice_crypto_is_end_of_pem() == 1 else {
                return .failure(.malformed(path, "a certificate in it cannot be decoded: \(lastError())"))
            }
            return .success(earliest)
        }
        guard let earliest = try outcome.get() else {
            throw .malformed(path, "there is no PEM block BEGIN CERTIFICATE in it")
        }
        return earliest
    }

    private static func unixSeconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }

    private static func lastError() -> String {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_peek_last_error(), &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func read(_ path: String) throws(CertificateError) -> [UInt8] {
        // Without O_NONBLOCK a named pipe would hold the caller until somebody writes to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .malformed(path, "it is not a regular file") }
        var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), maximumBytes) + 1)
        var used = 0
        while used < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + used, $0.count - used)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path, errno) }
            if count == 0 { break }
            used += count
        }
        guard used <= maximumBytes else {
            throw CertificateError(.tooLarge, "The certificate file \(path) is larger than \(maximumBytes) bytes.")
        }
        bytes.removeLast(bytes.count - used)
        return bytes
    }
}
