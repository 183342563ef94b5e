/// A country of ISO 3166-1, by its two letters.
@frozen public struct Country: Sendable, Hashable {
    let index: UInt16

    public init?(_ code: String) {
        var code = code
        guard let found = code.withUTF8({ Country(parsing: $0.span) }) else { return nil }
        self = found
    }

    /// From two letters, whatever their case.
    public init?(parsing text: Span<UInt8>) {
        guard text.count == 2, text[0].isLetter, text[1].isLetter else { return nil }
        let index = (Int(text[0] | 0x20) - 0x61) * 26 + Int(text[1] | 0x20) - 0x61
        guard CountryTable.isCountry[index] else { return nil }
        self.index = UInt16(index)
    }

    public var code: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What things are usually sold for there; nil where this table does not know.
    public var usualCurrency: Currency? { CountryTable.currencies[Int(index)] }

    func append(to bytes: inout [UInt8]) {
        bytes.append(0x41 + UInt8(index / 26))
        bytes.append(0x41 + UInt8(index % 26))
    }
}

enum CountryTable {
    static let isCountry: [Bool] = {
        var known = [Bool](repeating: false, count: 26 * 26)
        for code in codes.split(separator: " ") { known[index(code)] = true }
        return known
    }()

    static let currencies: [Currency?] = {
        var currencies = [Currency?](repeating: nil, count: 26 * 26)
        for entry in usual.split(separator: " ") {
            let parts = entry.split(separator: ":")
            for code in parts[1].split(separator: ",") { currencies[index(code)] = Currency(String(parts[0])) }
        }
        return currencies
    }()

    private static func index(_ code: Substring) -> Int { code.utf8.reduce(0) { $0 * 26 + Int($1) - 0x41 } }

    private static let codes = """
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD \
        CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF \
        GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
        KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
        NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI \
        SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
        VN VU WF WS YE YT ZA ZM ZW
        """

    // ISO 4217 names the countries of each currency; these are the ones where shopping feeds are common.
    private static let usual = """
        EUR:AD,AT,BE,BG,CY,DE,EE,ES,FI,FR,GR,HR,IE,IT,LT,LU,LV,MC,MT,NL,PT,SI,SK,SM USD:US,PR,EC,SV,PA GBP:GB,GG,IM,JE \
        CAD:CA AUD:AU NZD:NZ CHF:CH,LI SEK:SE NOK:NO DKK:DK,FO,GL PLN:PL CZK:CZ HUF:HU RON:RO TRY:TR ILS:IL AED:AE SAR:SA \
        JPY:JP KRW:KR CNY:CN HKD:HK TWD:TW SGD:SG MYR:MY THB:TH PHP:PH IDR:ID VND:VN INR:IN PKR:PK ZAR:ZA EGP:EG NGN:NG KES:KE \
        BRL:BR MXN:MX ARS:AR CLP:CL COP:CO PEN:PE UYU:UY RUB:RU UAH:UA ISK:IS RSD:RS KWD:KW QAR:QA BHD:BH OMR:OM
        """
}
