extension ItemCheck {
    mutating func prices(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        let price = money(item, .price, bytes, .productPriceInvalid, mayBeZero: false, &findings)
        let sale = money(item, .salePrice, bytes, .salesPriceInvalid, mayBeZero: true, &findings)
        let list = money(item, .listPrice, bytes, .listPriceInvalid, mayBeZero: true, &findings)
        let least = money(item, .minAdPrice, bytes, .minAdPriceInvalid, mayBeZero: true, &findings)
        priceCurrency = price?.currency
        let currency = price?.currency ?? sale?.currency ?? list?.currency
        if let currency {
            for (other, attribute) in [(sale, Attribute.salePrice), (list, .listPrice), (least, .minAdPrice)] {
                guard let other, other.currency != currency else { continue }
                findings.append(Finding(.inconsistentCurrencyValues, attribute))
                break
            }
        }
        guard let price, let sale, price.currency == sale.currency else { return }
        if sale.micros > price.micros {
            findings.append(Finding(.salesPriceTooHigh, .salePrice))
        } else if sale.micros / settings.lowestSalePercent < price.micros / 100 {
            // Divided, not multiplied: amounts reach 10^18 millionths.
            findings.append(Finding(.salesPriceTooLow, .salePrice))
        }
        guard let list, list.currency == price.currency else { return }
        if list != price, list != sale, sale != price { findings.append(Finding(.priceCannotBeDetermined, .listPrice)) }
    }

    @inline(__always)
    private func money(
        _ item: borrowing ItemAttributes, _ attribute: Attribute, _ bytes: Span<UInt8>, _ code: ValidationCode,
        mayBeZero: Bool, _ findings: inout [Finding]
    ) -> Money? {
        guard let range = item.range(of: attribute) else { return nil }
        do throws(ValueFault) {
            let money = try Money(parsing: bytes.extracting(range))
            guard mayBeZero || money.micros > 0 else { throw .outOfRange }
            return money
        } catch {
            findings.append(Finding(code, attribute, error))
            return nil
        }
    }
}
