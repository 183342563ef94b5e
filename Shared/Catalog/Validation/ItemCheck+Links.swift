extension ItemCheck {
    func links(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        if let range = item.range(of: .link) {
            let link = bytes.extracting(range)
            if isLonger(bytes, range, settings.linkLength) { findings.append(Finding(.linkLengthTooLong, .link)) }
            do throws(ValueFault) {
                let address = try WebAddress(parsing: link)
                if let domains = settings.verifiedDomains, !domains.isEmpty,
                    !isWithin(link.extracting(address.host), domains)
                {
                    findings.append(Finding(.invalidDomain, .link))
                }
                if !hasGoodTracking(link) { findings.append(Finding(.linkFormatWarning, .link)) }
            } catch { findings.append(Finding(.linkFormatInvalid, .link, error)) }
        }
        for attribute in [Attribute.adwordsRedirect, .adsRedirect] {
            guard let range = item.range(of: attribute) else { continue }
            if isLonger(bytes, range, settings.adsLinkLength) {
                findings.append(Finding(.adwordsFormatInvalid, attribute))
            }
            address(bytes.extracting(range), attribute, .adwordsFormatWarning, &findings)
            if isLink(item, bytes, range) { findings.append(Finding(.adwordsSameAsLink, attribute)) }
        }
        if let range = item.range(of: .adLink) {
            if isLonger(bytes, range, settings.linkLength) {
                findings.append(Finding(.adLinkFormatWarning, .adLink, .outOfRange))
            } else {
                address(bytes.extracting(range), .adLink, .adLinkFormatWarning, &findings)
            }
            if isLink(item, bytes, range) { findings.append(Finding(.adLinkSameAsLink, .adLink)) }
        }
        read(item, .iosUrl, .iosDeepLinkInvalid, &findings) { range throws(ValueFault) in
            _ = try TextReader.deepLink(bytes.extracting(range))
        }
        read(item, .androidUrl, .androidDeepLinkInvalid, &findings) { range throws(ValueFault) in
            _ = try TextReader.deepLink(bytes.extracting(range))
        }
    }

    private func isLink(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let link = item.range(of: .link) else { return false }
        return bytes.extracting(link).equals(bytes.extracting(range))
    }

    @inline(__always)
    func address(
        _ text: Span<UInt8>, _ attribute: Attribute, _ code: ValidationCode, _ findings: inout [Finding]
    ) {
        do throws(ValueFault) {
            _ = try WebAddress(parsing: text)
        } catch { findings.append(Finding(code, attribute, error)) }
    }

    /// Whether a host is one of the domains or within one.
    private func isWithin(_ host: Span<UInt8>, _ domains: [String]) -> Bool {
        for var domain in domains {
            let found = domain.withUTF8 { buffer in
                let domain = buffer.span
                guard host.count >= domain.count else { return false }
                let start = host.count - domain.count
                guard host.extracting(start..<host.count).equals(domain) else { return false }
                return start == 0 || host[start - 1] == UInt8(ascii: ".")
            }
            if found { return true }
        }
        return false
    }

    /// Each parameter that begins with `utm_` must be one that Google Analytics defines, once, with a value.
    private func hasGoodTracking(_ link: Span<UInt8>) -> Bool {
        guard var start = link.first(of: UInt8(ascii: "?")) else { return true }
        var seen: UInt8 = 0
        start += 1
        let end = link.first(of: UInt8(ascii: "#"), from: start) ?? link.count
        while start < end {
            let next = min(link.first(of: UInt8(ascii: "&"), from: start) ?? end, end)
            defer { start = next + 1 }
            let parameter = link.extracting(start..<next)
            guard parameter.hasPrefixIgnoringCase("utm_") else { continue }
            guard let equals = parameter.first(of: UInt8(ascii: "=")), equals + 1 < parameter.count else {
                return false
            }
            let name = parameter.extracting(0..<equals)
            guard let index = ItemCheck.trackingNames.firstIndex(where: { name.equalsIgnoringCase($0) }) else {
                return false
            }
            guard seen & (1 << UInt8(index)) == 0 else { return false }
            seen |= 1 << UInt8(index)
        }
        return true
    }

    private static let trackingNames: [StaticString] = [
        "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id", "utm_source_platform",
        "utm_creative_format",
    ]

    // MARK: - Images

    func images(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        if let range = item.range(of: .imageLink) {
            if isLonger(bytes, range, settings.imageLinkLength) {
                findings.append(Finding(.imageLinkLengthTooLong, .imageLink))
            }
            do throws(ValueFault) {
                let link = bytes.extracting(range)
                let address = try WebAddress(parsing: link)
                if !address.isASCII || link.first(of: UInt8(ascii: ",")) != nil || isNoImage(link, address.path) {
                    findings.append(Finding(.imageLinkWarning, .imageLink))
                }
            } catch { findings.append(Finding(.imageLinkInvalid, .imageLink, error)) }
        }
        guard let range = item.range(of: .additionalImageLink) else { return }
        var count = 0
        var isTooLong = false
        var fault: ValueFault?
        var start = range.lowerBound
        while let entry = nextValue(bytes, &start, range.upperBound) {
            count += 1
            if isLonger(bytes, entry, settings.imageLinkLength) { isTooLong = true }
            do throws(ValueFault) {
                _ = try WebAddress(parsing: bytes.extracting(entry))
            } catch { fault = fault ?? error }
        }
        if isTooLong { findings.append(Finding(.additionalImageLinkLengthTooLong, .additionalImageLink)) }
        if let fault { findings.append(Finding(.additionalImageLinkWarning, .additionalImageLink, fault)) }
        if count > settings.additionalImages {
            findings.append(Finding(.tooManyAdditionalImageLinks, .additionalImageLink))
        }
    }

    /// Whether the path ends in the ending of something that is surely no picture.
    private func isNoImage(_ link: Span<UInt8>, _ path: Int) -> Bool {
        var end = path
        while end < link.count, link[end] != UInt8(ascii: "?"), link[end] != UInt8(ascii: "#") { end += 1 }
        for ending: StaticString in [".html", ".htm", ".pdf", ".mp4", ".zip", ".svg"] {
            let length = ending.utf8CodeUnitCount
            if end - path > length, link.extracting(end - length..<end).equalsIgnoringCase(ending) { return true }
        }
        return end <= path + 1 && end == link.count
    }

    // MARK: - Ad images and ad videos

    func media(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        for number in 0..<20 {
            medium(item, bytes, number, of: 20, .adImage0Link, 2047, ValidationCode.adImage, &findings)
        }
        var hasVideo = false
        for number in 0..<3 {
            hasVideo = hasVideo || present.contains(.adVideoLink(number)) || present.contains(.adVideoTag(number))
            medium(item, bytes, number, of: 3, .adVideo0Link, 511, ValidationCode.adVideo, &findings)
        }
        if hasVideo, !present.contains(.videoLink) {
            findings.append(Finding(.videoRequiredWhenAdVideoProvided, .videoLink))
        }
    }

    /// The checks of one ad image or ad video, whose links and tags alternate from `first` on.
    private func medium(
        _ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ number: Int, of count: Int, _ first: Attribute,
        _ limit: Int, _ code: (Int, ValidationCode.MediaFault) -> ValidationCode, _ findings: inout [Finding]
    ) {
        let link = Attribute(rawValue: first.rawValue + UInt8(2 * number))!
        let tag = Attribute(rawValue: link.rawValue + 1)!
        let linkRange = item.range(of: link)
        let tagRange = item.range(of: tag)
        if let linkRange {
            if isLonger(bytes, linkRange, limit) { findings.append(Finding(code(number, .linkTooLong), link)) }
            address(bytes.extracting(linkRange), link, code(number, .linkInvalid), &findings)
            if isRepeated(item, bytes, linkRange, number, count, first) {
                findings.append(Finding(code(number, .linkDuplicated), link))
            }
            if tagRange == nil { findings.append(Finding(code(number, .tagRequired), tag)) }
        }
        guard let tagRange else { return }
        if linkRange == nil { findings.append(Finding(code(number, .linkRequired), link)) }
        if isLonger(bytes, tagRange, 511) { findings.append(Finding(code(number, .tagTooLong), tag)) }
        if isRepeated(item, bytes, tagRange, number, count, Attribute(rawValue: first.rawValue + 1)!) {
            findings.append(Finding(code(number, .tagDuplicated), tag))
        }
    }

    /// Whether another number has the same value.
    private func isRepeated(
        _ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ range: Range<Int>, _ number: Int, _ count: Int,
        _ first: Attribute
    ) -> Bool {
        for other in 0..<count where other != number {
            guard let found = item.range(of: Attribute(rawValue: first.rawValue + UInt8(2 * other))!) else { continue }
            if bytes.extracting(found).equals(bytes.extracting(range)) { return true }
        }
        return false
    }
}
