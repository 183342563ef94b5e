extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// The number at a place, which the caller has checked to lie within the buffer.
    func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(at place: Int, as type: Number.Type) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: place, as: type))
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` that keeps the type of the error.
    func withBytes(_ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void) throws(ArchiveError) {
        let failure = withUnsafeBytes { bytes -> ArchiveError? in
            do throws(ArchiveError) { try body(bytes) } catch { return error }
            return nil
        }
        if let failure { throw failure }
    }
}
