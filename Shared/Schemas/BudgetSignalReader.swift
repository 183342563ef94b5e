/// Reads `sluice.ads.v1.BudgetSignal` from its wire format, by the rules of `AdEventReader`. It allocates for each signal:
/// signals are few.
public enum BudgetSignalReader {
    /// Payloads of more bytes are refused: no signal has as many sources.
    public static let sizeLimit = 65_536

    /// Reads one signal. Enum numbers that this schema does not know are read as `unspecified`; in texts, what is not
    /// UTF-8 is replaced.
    ///
    /// - Returns: nil where the bytes do not decode, or where there are more of them than `sizeLimit`.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> BudgetSignal? {
        guard bytes.count <= sizeLimit else { return nil }
        var signal = BudgetSignal()
        guard let start = bytes.baseAddress else { return signal }
        var cursor = WireCursor(start, count: bytes.count)
        while cursor.hasMore {
            guard let tag = cursor.tag(), readField(tag, &cursor, into: &signal) else { return nil }
        }
        return signal
    }

    /// The same of an array.
    public static func read(_ bytes: [UInt8]) -> BudgetSignal? { bytes.withUnsafeBytes { read($0) } }

    private static func readField(_ tag: UInt32, _ cursor: inout WireCursor, into signal: inout BudgetSignal) -> Bool {
        switch tag {
        case 0x08: return cursor.int64(&signal.campaignID)
        case 0x10: return cursor.int64(&signal.advertiserID)
        case 0x1A: return cursor.currency(&signal.currency)
        case 0x20:
            var number: Int32 = 0
            guard cursor.int32(&number) else { return false }
            signal.kind = SignalKind(rawValue: number) ?? .unspecified
            return true
        case 0x28:
            var number: Int32 = 0
            guard cursor.int32(&number) else { return false }
            signal.budget = BudgetKind(rawValue: number) ?? .unspecified
            return true
        case 0x30: return cursor.int32(&signal.thresholdPercent)
        case 0x3A: return cursor.string(&signal.day)
        case 0x40: return cursor.int64(&signal.budgetNanos)
        case 0x48: return cursor.int64(&signal.spentNanos)
        case 0x50: return cursor.int64(&signal.budgetVersion)
        case 0x5A:
            guard let bytes = cursor.lengthDelimited(), let source = readSource(bytes) else { return false }
            signal.sources.append(source)
            return true
        case 0x60: return cursor.int32(&signal.lane)
        case 0x68: return cursor.int64(&signal.sequence)
        case 0x70: return cursor.int64(&signal.decidedAtMilliseconds)
        default: return cursor.skip(tag)
        }
    }

    private static func readSource(_ bytes: UnsafeRawBufferPointer) -> SourceOffset? {
        var source = SourceOffset()
        guard let start = bytes.baseAddress else { return source }
        var cursor = WireCursor(start, count: bytes.count)
        while cursor.hasMore {
            guard let tag = cursor.tag() else { return nil }
            let read =
                switch tag {
                case 0x0A: cursor.string(&source.topic)
                case 0x10: cursor.int32(&source.partition)
                case 0x18: cursor.int64(&source.nextOffset)
                default: cursor.skip(tag)
                }
            guard read else { return nil }
        }
        return source
    }
}
