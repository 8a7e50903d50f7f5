/// The media type of a file: by its name, else by how its content begins. Stands in for file(1), which the server may
/// not start.
struct MediaType: Hashable, Sendable {
    /// `type/subtype`, lower case, without parameters.
    let name: String

    /// What nothing is known about.
    static let unknown = MediaType(name: "application/octet-stream")
    static let text = MediaType(name: "text/plain")
    /// What an empty file is called by file(1).
    static let empty = MediaType(name: "inode/x-empty")

    /// Application types that are text.
    private static let textual: Set<String> = [
        "json", "javascript", "x-javascript", "ecmascript", "xml", "yaml", "x-yaml", "toml", "sql", "x-sh",
        "x-shellscript", "typescript", "x-httpd-php", "graphql", "x-ndjson", "x-python", "x-ruby", "x-perl",
    ]

    /// Whether content of the type is text.
    var isText: Bool {
        if name.hasPrefix("text/") || self == .empty { return true }
        if name.hasSuffix("+json") || name.hasSuffix("+xml") { return true }
        return name.hasPrefix("application/") && Self.textual.contains(String(name.dropFirst(12)))
    }

    /// - Parameters:
    ///   - fileName: The last component of the path.
    ///   - beginning: The first bytes of the content, as many as there are up to ``sniffedBytes``.
    static func of(_ fileName: some Collection<UInt8>, beginning: some Collection<UInt8>) -> MediaType {
        MediaTypeTable.type(fileName) ?? MediaTypeSniffer.type(Array(beginning))
    }

    /// How much of the content is looked at.
    static let sniffedBytes = 4096
}
