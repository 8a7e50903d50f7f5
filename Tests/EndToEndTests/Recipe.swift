import SandboxTestSupport

/// The blocks of Docs/Guides/Credentials.md: what is documented is what the tests run.
enum Recipe {
    /// The text of the block below `<!-- recipe: NAME -->`.
    ///
    /// - Throws: ``TestFailure`` if the page has no such block.
    static func named(_ name: String) throws -> String {
        let page = TestFile.text("../Docs/Guides/Credentials.md")
        guard let mark = page.firstRange(of: "<!-- recipe: \(name) -->\n```sh\n"),
            let end = page[mark.upperBound...].firstRange(of: "\n```")
        else { throw TestFailure("Docs/Guides/Credentials.md has no recipe '\(name)'") }
        return String(page[mark.upperBound..<end.lowerBound])
    }
}
