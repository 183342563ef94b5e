/// A currency of ISO 4217 (list one, as of 2025), by its three letters.
@frozen public struct Currency: Sendable, Hashable {
    // The letters, five bits each, as one number below 26³.
    let index: UInt16

    /// From three letters, whatever their case.
    public init?(_ code: String) {
        var code = code
        guard let found = code.withUTF8({ Currency(parsing: $0.span) }) else { return nil }
        self = found
    }

    /// From three letters, whatever their case.
    public init?(parsing text: Span<UInt8>) {
        guard text.count == 3, text[0].isLetter, text[1].isLetter, text[2].isLetter else { return nil }
        let index =
            (Int(text[0] | 0x20) - 0x61) * 676 + (Int(text[1] | 0x20) - 0x61) * 26 + Int(text[2] | 0x20) - 0x61
        guard CurrencyTable.traits[index] != 0 else { return nil }
        self.index = UInt16(index)
    }

    /// Such as `EUR`.
    public var code: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decimals of its minor unit.
    public var digits: Int { Int(CurrencyTable.traits[Int(index)] & 0x0F) - 1 }

    /// Whether amounts are written with a comma between thousands and never with a decimal comma.
    public var groupsByComma: Bool { CurrencyTable.traits[Int(index)] & 0x10 != 0 }

    func append(to bytes: inout [UInt8]) {
        bytes.append(0x41 + UInt8(index / 676))
        bytes.append(0x41 + UInt8(index / 26 % 26))
        bytes.append(0x41 + UInt8(index % 26))
    }
}

enum CurrencyTable {
    /// By index: 0 for none, else decimals + 1, with bit 4 where thousands are grouped by commas only.
    static let traits: [UInt8] = {
        var traits = [UInt8](repeating: 0, count: 26 * 26 * 26)
        func enter(_ codes: String, digits: UInt8) {
            for code in codes.split(separator: " ") { traits[index(code)] = digits + 1 }
        }
        enter(two, digits: 2)
        enter("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", digits: 0)
        enter("BHD IQD JOD KWD LYD OMR TND", digits: 3)
        enter("CLF UYW", digits: 4)
        for code in commaGrouped.split(separator: " ") { traits[index(code)] |= 0x10 }
        return traits
    }()

    private static func index(_ code: Substring) -> Int { code.utf8.reduce(0) { $0 * 26 + Int($1) - 0x41 } }

    private static let two = """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW \
        CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF \
        IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV \
        MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD \
        SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
        """

    // Where the decimal point is written as a point (Unicode CLDR, the main locale of the currency).
    private static let commaGrouped = """
        AED AUD BDT BWP CAD CNY EGP GBP GHS HKD ILS INR JMD JPY KES KRW LKR MOP MXN MYR NGN NZD PHP PKR SAR SGD THB TTD TWD \
        TZS UGX USD
        """
}
