import ArgumentParser
import Schemas

/// `sluice adjustments send`.
struct SendAdjustmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sends one credit (an amount below 0) or further charge.",
        discussion: """
            An adjustment corrects the real world: traffic that turned out invalid, a refund. It is never a repair of a \
            wrong row. Its id is unique for ever: where it is not certain whether a send has worked, send it again with \
            the --id that was printed, and it counts once.
            """)

    @OptionGroup var place: CampaignTopicOptions
    @Option(help: "The topic of adjustments. [SLUICE_ADJUSTMENTS_TOPIC] (default: spend-adjustments)")
    var topic: String?
    @Option(parsing: .unconditional, help: "The campaign.")
    var campaign: Int64
    @Option(parsing: .unconditional, help: "The campaign's advertiser.")
    var advertiser: Int64
    @Option(help: "The currency: three of A to Z.")
    var currency: String
    @Option(parsing: .unconditional, help: "The amount, exact to the ninth decimal: -1.25 gives back, 1.25 charges.")
    var amount: String
    @Option(help: "The moment of what is corrected, which decides its day: RFC 3339, now, or now-2h.")
    var time: String
    @Option(help: "A fixed code, such as invalid_traffic.")
    var reason: String
    @Option(help: "Where the decision is recorded, such as the number of a case.")
    var reference: String
    @Option(parsing: .unconditional, help: "The ad group; 0 is none.")
    var adGroup: Int64 = 0
    @Option(parsing: .unconditional, help: "The ad; 0 is none.")
    var ad: Int64 = 0
    @Option(help: "The adjustment's id, 32 hexadecimal digits. (default: a random one)")
    var id: String?

    func run() async throws {
        let adjustment = try adjustment(now: .now)
        let topic = AdjustmentsCommand.topic(topic)
        let target = try place.open(topic)
        let id = Self.text(adjustment)
        // Before it is sent: whoever has to send it again needs it.
        Output.write("adjustment \(id)\n")
        let partition = try target.send(SpendAdjustmentWriter.encode(adjustment), ofCampaign: campaign)
        Output.write(
            "campaign \(campaign): \(Amount.text(nanos: Int128(adjustment.amountNanos), grouped: true)) "
                + "\(adjustment.currency) at \(Instant(milliseconds: adjustment.eventTimeMilliseconds)); "
                + "sent to \(topic)/\(partition)\n")
    }

    /// The adjustment that the options describe.
    ///
    /// - Throws: `CommandFailure` (.usage): what the service would make a dead letter is not sent.
    func adjustment(now: Instant) throws -> SpendAdjustment {
        guard let code = CurrencyCode(currency) else {
            throw CommandFailure(.usage, "--currency must be three of A to Z, such as USD")
        }
        let most: Int128 = 1_000_000_000_000_000_000
        guard let nanos = Amount.nanos(amount), nanos != 0, nanos >= -most, nanos <= most else {
            throw CommandFailure(
                .usage,
                "--amount takes an amount such as -1.25: at most nine decimals, not 0, up to 1000000000 either way; "
                    + "not \"\(amount)\"")
        }
        guard let moment = Instant(time, now: now), moment.milliseconds > 0, moment.milliseconds < 4_102_444_800_000,
            moment.milliseconds <= now.milliseconds + 48 * 3_600_000
        else {
            throw CommandFailure(
                .usage,
                "--time takes RFC 3339 (2026-01-15T08:00:00Z), now, or now-2h, at most 48 hours ahead of now")
        }
        try Self.check(reason: reason, reference: reference)
        let (high, low) = try identifier()
        return SpendAdjustment(
            idHigh: high, idLow: low, idLength: 16, eventTimeMilliseconds: moment.milliseconds,
            advertiserID: advertiser,
            campaignID: campaign, adGroupID: adGroup, adID: ad, amountNanos: Int64(nanos), currency: code,
            reason: InlineText(reason), reference: InlineText(reference))
    }

    private static func check(reason: String, reference: String) throws {
        let bytes = Array(reason.utf8)
        guard (1...64).contains(bytes.count), bytes.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E }), bytes.first != 0x20,
            bytes.last != 0x20
        else {
            throw CommandFailure(
                .usage, "--reason takes a code of 1 to 64 printable ASCII characters, without a blank at either end")
        }
        let hasControls = reference.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        guard reference.utf8.count <= 128, !hasControls else {
            throw CommandFailure(.usage, "--reference takes at most 128 bytes, without control characters")
        }
    }

    private func identifier() throws -> (UInt64, UInt64) {
        guard let id else {
            var random = SystemRandomNumberGenerator()
            return (random.next(), random.next())
        }
        guard id.utf8.count == 32, id.allSatisfy(\.isHexDigit), let high = UInt64(id.prefix(16), radix: 16),
            let low = UInt64(id.suffix(16), radix: 16)
        else { throw CommandFailure(.usage, "--id takes 32 hexadecimal digits") }
        return (high, low)
    }

    /// The id as 32 hexadecimal digits.
    static func text(_ adjustment: SpendAdjustment) -> String {
        [adjustment.idHigh, adjustment.idLow].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
