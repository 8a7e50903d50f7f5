/// Body of `POST /api/list-files`.
public struct ListFilesRequest: Codable, Sendable, Hashable {
    /// What to show.
    public struct Options: Codable, Sendable, Hashable {
        /// Whether to list what is below the directories in it too.
        public var recursive: Bool?
        /// Whether to list names that begin with a dot.
        public var includeHidden: Bool?

        /// Makes options.
        public init(recursive: Bool? = nil, includeHidden: Bool? = nil) {
            self.recursive = recursive
            self.includeHidden = includeHidden
        }
    }

    /// The directory.
    public var path: String
    /// What to show; absent for neither.
    public var options: Options?
    /// The session whose directory relative paths are resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(path: String, options: Options? = nil, sessionId: String? = nil) {
        self.path = path
        self.options = options
        self.sessionId = sessionId
    }
}
