/// A code that a feed, an item or a value is found to have.
///
/// The codes are those that the public description of Pinterest's API v5 lists (github.com/pinterest/api-description,
/// `CatalogsFeedValidationErrors`, 33; `CatalogsFeedIngestionErrors`, 9; `CatalogsFeedValidationWarnings`, 211):
/// merchants know them. What each means here, and which cannot be decided from the data, is in `CODES.md`.
@frozen public enum ValidationCode: UInt8, Sendable, CaseIterable {
    // Validation errors.
    case fetchError, fetchInactiveFeedError, encodingError, delimiterError, requiredColumnsMissing
    case duplicateProducts, imageLinkInvalid, itemidMissing, titleMissing, descriptionMissing
    case productLinkMissing, imageLinkMissing, availabilityInvalid, productPriceInvalid, linkFormatInvalid
    case parseLineError, adwordsFormatInvalid, internalServiceError, noVerifiedDomain, adultInvalid
    case imageLinkLengthTooLong, invalidDomain, feedLengthTooLong, linkLengthTooLong, malformedXml
    case priceMissing, feedTooSmall, maxItemsPerItemGroupExceeded, itemMainImageDownloadFailure
    case pinjoinContentUnsafe, blocklistedImageSignature, listPriceInvalid, priceCannotBeDetermined
    // Ingestion errors.
    case accountFlagged, fetchGoogleSheetNotShared, imageFileNotAccessible, imageFileNotFound
    case imageInvalidFile, imageLevelInternalError, imageMalformedUrl, largeProductCountDecrease
    case lineLevelInternalError
    // Warnings.
    case adLinkFormatWarning, adLinkSameAsLink, additionalImageLinkLengthTooLong
    case additionalImageLinkWarning, adwordsFormatWarning, adwordsSameAsLink, ageGroupInvalid
    case androidDeepLinkInvalid, availabilityDateInvalid, countryDoesNotMapToCurrency
    case customLabelLengthTooLong, descriptionLengthTooLong, duplicateHeaders, expirationDateInvalid
    case fetchSameSignature, genderInvalid, gtinInvalid, imageLinkWarning, inconsistentCurrencyValues
    case indexedProductCountLargeDelta, iosDeepLinkInvalid, isBundleInvalid
    case itemAdditionalImageDownloadFailure, linkFormatWarning, minAdPriceInvalid, mpnInvalid
    case multipackInvalid, optionalConditionInvalid, optionalConditionMissing
    case optionalProductCategoryInvalid, optionalProductCategoryMissing, productCategoryDepthWarning
    case productTypeLengthTooLong, saleDateInvalid, salesPriceInvalid, salesPriceTooHigh, salesPriceTooLow
    case shippingHeightInvalid, shippingInvalid, shippingWeightInvalid, shippingWidthInvalid
    case sizeSystemInvalid, sizeTypeInvalid, taxInvalid, titleLengthTooLong, tooManyAdditionalImageLinks
    case updatedTimeInvalid, utmSourceAutoCorrected, videoRequiredWhenAdVideoProvided, weightUnitInvalid
    // Warnings of the ad images and ad videos, seven for each.
    case adImage0LinkDuplicated, adImage0LinkLengthTooLong, adImage0LinkRequired, adImage0LinkWarning
    case adImage0TagDuplicated, adImage0TagLengthTooLong, adImage0TagRequired, adImage1LinkDuplicated
    case adImage1LinkLengthTooLong, adImage1LinkRequired, adImage1LinkWarning, adImage1TagDuplicated
    case adImage1TagLengthTooLong, adImage1TagRequired, adImage2LinkDuplicated, adImage2LinkLengthTooLong
    case adImage2LinkRequired, adImage2LinkWarning, adImage2TagDuplicated, adImage2TagLengthTooLong
    case adImage2TagRequired, adImage3LinkDuplicated, adImage3LinkLengthTooLong, adImage3LinkRequired
    case adImage3LinkWarning, adImage3TagDuplicated, adImage3TagLengthTooLong, adImage3TagRequired
    case adImage4LinkDuplicated, adImage4LinkLengthTooLong, adImage4LinkRequired, adImage4LinkWarning
    case adImage4TagDuplicated, adImage4TagLengthTooLong, adImage4TagRequired, adImage5LinkDuplicated
    case adImage5LinkLengthTooLong, adImage5LinkRequired, adImage5LinkWarning, adImage5TagDuplicated
    case adImage5TagLengthTooLong, adImage5TagRequired, adImage6LinkDuplicated, adImage6LinkLengthTooLong
    case adImage6LinkRequired, adImage6LinkWarning, adImage6TagDuplicated, adImage6TagLengthTooLong
    case adImage6TagRequired, adImage7LinkDuplicated, adImage7LinkLengthTooLong, adImage7LinkRequired
    case adImage7LinkWarning, adImage7TagDuplicated, adImage7TagLengthTooLong, adImage7TagRequired
    case adImage8LinkDuplicated, adImage8LinkLengthTooLong, adImage8LinkRequired, adImage8LinkWarning
    case adImage8TagDuplicated, adImage8TagLengthTooLong, adImage8TagRequired, adImage9LinkDuplicated
    case adImage9LinkLengthTooLong, adImage9LinkRequired, adImage9LinkWarning, adImage9TagDuplicated
    case adImage9TagLengthTooLong, adImage9TagRequired, adImage10LinkDuplicated, adImage10LinkLengthTooLong
    case adImage10LinkRequired, adImage10LinkWarning, adImage10TagDuplicated, adImage10TagLengthTooLong
    case adImage10TagRequired, adImage11LinkDuplicated, adImage11LinkLengthTooLong, adImage11LinkRequired
    case adImage11LinkWarning, adImage11TagDuplicated, adImage11TagLengthTooLong, adImage11TagRequired
    case adImage12LinkDuplicated, adImage12LinkLengthTooLong, adImage12LinkRequired, adImage12LinkWarning
    case adImage12TagDuplicated, adImage12TagLengthTooLong, adImage12TagRequired, adImage13LinkDuplicated
    case adImage13LinkLengthTooLong, adImage13LinkRequired, adImage13LinkWarning, adImage13TagDuplicated
    case adImage13TagLengthTooLong, adImage13TagRequired, adImage14LinkDuplicated
    case adImage14LinkLengthTooLong, adImage14LinkRequired, adImage14LinkWarning, adImage14TagDuplicated
    case adImage14TagLengthTooLong, adImage14TagRequired, adImage15LinkDuplicated
    case adImage15LinkLengthTooLong, adImage15LinkRequired, adImage15LinkWarning, adImage15TagDuplicated
    case adImage15TagLengthTooLong, adImage15TagRequired, adImage16LinkDuplicated
    case adImage16LinkLengthTooLong, adImage16LinkRequired, adImage16LinkWarning, adImage16TagDuplicated
    case adImage16TagLengthTooLong, adImage16TagRequired, adImage17LinkDuplicated
    case adImage17LinkLengthTooLong, adImage17LinkRequired, adImage17LinkWarning, adImage17TagDuplicated
    case adImage17TagLengthTooLong, adImage17TagRequired, adImage18LinkDuplicated
    case adImage18LinkLengthTooLong, adImage18LinkRequired, adImage18LinkWarning, adImage18TagDuplicated
    case adImage18TagLengthTooLong, adImage18TagRequired, adImage19LinkDuplicated
    case adImage19LinkLengthTooLong, adImage19LinkRequired, adImage19LinkWarning, adImage19TagDuplicated
    case adImage19TagLengthTooLong, adImage19TagRequired, adVideo0LinkDuplicated, adVideo0LinkLengthTooLong
    case adVideo0LinkRequired, adVideo0LinkWarning, adVideo0TagDuplicated, adVideo0TagLengthTooLong
    case adVideo0TagRequired, adVideo1LinkDuplicated, adVideo1LinkLengthTooLong, adVideo1LinkRequired
    case adVideo1LinkWarning, adVideo1TagDuplicated, adVideo1TagLengthTooLong, adVideo1TagRequired
    case adVideo2LinkDuplicated, adVideo2LinkLengthTooLong, adVideo2LinkRequired, adVideo2LinkWarning
    case adVideo2TagDuplicated, adVideo2TagLengthTooLong, adVideo2TagRequired

    /// As it is published, such as `PRICE_MISSING`.
    public var name: String { CodeTable.rows[Int(rawValue)].name }

    /// What it ends: the feed, the item, or nothing.
    public var level: Level { CodeTable.rows[Int(rawValue)].level }

    /// Whether it is decided here.
    public var isDecided: Bool { CodeTable.rows[Int(rawValue)].isDecided }

    /// When it is found; of a code that is not decided, why not.
    public var rule: String { CodeTable.rows[Int(rawValue)].rule }

    /// What the merchant should do about it.
    public var whatToDo: String { CodeTable.rows[Int(rawValue)].whatToDo }

    /// The code of a published name.
    public init?(name: String) {
        guard let index = CodeTable.rows.firstIndex(where: { $0.name == name }) else { return nil }
        self.init(rawValue: UInt8(index))
    }

    /// The three levels that merchants know.
    @frozen public enum Level: UInt8, Sendable, CaseIterable {
        /// Nothing of the feed is taken.
        case feed
        /// The item is not taken.
        case item
        /// The item is taken, perhaps without the value.
        case warning

        public var name: String {
            switch self {
            case .feed: "feed"
            case .item: "item"
            case .warning: "warning"
            }
        }
    }

    /// The list that publishes it.
    @frozen public enum List: UInt8, Sendable, CaseIterable {
        case validationErrors, ingestionErrors, warnings
    }

    public var list: List {
        rawValue < ValidationCode.accountFlagged.rawValue
            ? .validationErrors : rawValue < ValidationCode.adLinkFormatWarning.rawValue ? .ingestionErrors : .warnings
    }

    /// What can be wrong with an ad image or an ad video, in the order of their codes.
    enum MediaFault: UInt8, CaseIterable {
        case linkDuplicated, linkTooLong, linkRequired, linkInvalid, tagDuplicated, tagTooLong, tagRequired
    }

    static func adImage(_ number: Int, _ fault: MediaFault) -> ValidationCode {
        ValidationCode(rawValue: adImage0LinkDuplicated.rawValue + UInt8(number) * 7 + fault.rawValue)!
    }

    static func adVideo(_ number: Int, _ fault: MediaFault) -> ValidationCode {
        ValidationCode(rawValue: adVideo0LinkDuplicated.rawValue + UInt8(number) * 7 + fault.rawValue)!
    }
}
