/// Answer of `POST /api/list-files`.
public struct ListFilesResponse: Codable, Sendable, Hashable {
    /// Always true.
    public var success = true
    /// The path as it was sent.
    public var path: String
    /// What is there, sorted by name in each directory.
    public var files: [FileListEntry]
    /// How many entries.
    public var count: Int
    /// True if there were more than can be listed; else absent.
    public var truncated: Bool?
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(path: String, files: [FileListEntry], count: Int) {
        self.path = path
        self.files = files
        self.count = count
    }
}
