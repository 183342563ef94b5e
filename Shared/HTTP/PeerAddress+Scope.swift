/// Which addresses are reachable from anywhere, and which mean this machine, its network or its cloud.
extension PeerAddress {
    /// False for loopback, private, link-local, shared (carrier-grade NAT), unique-local, multicast, reserved and documentation
    /// addresses (the IANA special-purpose address registries), and for those at which clouds serve the credentials of a
    /// machine. An address of a transition technique, which may stand for any other, counts as what it stands for, or as false.
    public var isGlobal: Bool {
        switch bytes.count {
        case 4: !Self.specialIPv4.contains { $0.contains(bytes) }
        case 16: isGlobalIPv6
        default: false
        }
    }

    private var isGlobalIPv6: Bool {
        // NAT64 (RFC 6052): the last four bytes are where it goes.
        let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if bytes.starts(with: translated) { return PeerAddress(bytes: Array(bytes[12...])).isGlobal }
        return Self.globalUnicast.contains(bytes) && !Self.specialIPv6.contains { $0.contains(bytes) }
    }

    /// The first bits of addresses.
    private struct Block {
        var bytes: [UInt8]
        var bits: Int

        func contains(_ address: [UInt8]) -> Bool {
            for bit in 0..<bits {
                let mask = UInt8(0x80) >> (bit % 8)
                let own = bit / 8 < bytes.count ? bytes[bit / 8] : 0
                if address[bit / 8] & mask != own & mask { return false }
            }
            return true
        }
    }

    private static let specialIPv4: [Block] = [
        Block(bytes: [0], bits: 8), Block(bytes: [10], bits: 8), Block(bytes: [100, 64], bits: 10),
        Block(bytes: [127], bits: 8), Block(bytes: [169, 254], bits: 16), Block(bytes: [172, 16], bits: 12),
        Block(bytes: [192, 0, 0], bits: 24), Block(bytes: [192, 0, 2], bits: 24),
        Block(bytes: [192, 88, 99], bits: 24),
        Block(bytes: [192, 168], bits: 16), Block(bytes: [198, 18], bits: 15), Block(bytes: [198, 51, 100], bits: 24),
        Block(bytes: [203, 0, 113], bits: 24), Block(bytes: [224], bits: 4), Block(bytes: [240], bits: 4),
        // Azure's platform, which answers its virtual machines at an address that looks public.
        Block(bytes: [168, 63, 129, 16], bits: 32),
    ]

    /// 2000::/3, the only block that is given out.
    private static let globalUnicast = Block(bytes: [0x20], bits: 3)

    private static let specialIPv6: [Block] = [
        // 2001::/23 for protocols, Teredo among them; documentation; 6to4; documentation again.
        Block(bytes: [0x20, 0x01, 0x00], bits: 23), Block(bytes: [0x20, 0x01, 0x0D, 0xB8], bits: 32),
        Block(bytes: [0x20, 0x02], bits: 16), Block(bytes: [0x3F, 0xFF, 0x00], bits: 20),
    ]
}
