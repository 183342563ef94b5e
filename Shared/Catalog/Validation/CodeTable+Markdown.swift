extension CodeTable {
    /// The file `CODES.md`.
    static var markdown: String {
        var text = """
            # Codes of validation

            The codes are those that the public description of Pinterest's API v5 lists
            ([pinterest/api-description](https://github.com/pinterest/api-description), `v5/openapi.json`):
            33 of `CatalogsFeedValidationErrors`, 9 of `CatalogsFeedIngestionErrors`, 211 of `CatalogsFeedValidationWarnings`.
            Levels: a code of the level feed rejects the feed, one of the level item rejects the item, a warning rejects nothing.
            Lengths count Unicode scalars; `ValidationSettings` has the limits and says where they come from.

            This file is made of `CodeTable`, and a test compares them: `CATALOG_WRITE_CODES=1 swift test --filter CodesFile`
            writes it. \(ValidationCode.allCases.filter(\.isDecided).count) of 253 codes are decided here.


            """
        for (title, list) in [
            ("Validation errors", ValidationCode.List.validationErrors), ("Ingestion errors", .ingestionErrors),
            ("Warnings", .warnings),
        ] {
            text += "## \(title)\n\n| code | level | decided here | rule, or why not |\n|---|---|---|---|\n"
            for code in ValidationCode.allCases where code.list == list {
                text += "| `\(code.name)` | \(code.level.name) | \(code.isDecided ? "yes" : "no") | \(code.rule) |\n"
            }
            text += "\n"
        }
        text.removeLast()
        return text
    }
}
