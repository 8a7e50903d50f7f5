/// Body of `POST /api/watch` and, with `since`, of `POST /api/watch/check`.
public struct WatchRequest: Codable, Sendable, Hashable {
    /// A directory or file inside the workspace.
    public var path: String
    /// Whether to watch what is below it too; absent stands for true.
    public var recursive: Bool?
    /// Globs of what is reported; not together with ``exclude``.
    public var include: [String]?
    /// Globs of what is not reported; absent for `.git`, `node_modules` and `.DS_Store`.
    public var exclude: [String]?
    /// Kinds of events that are reported; absent for all but `attrib`.
    public var events: [WatchEventKind]?
    /// The version that an earlier check gave.
    public var since: String?
    /// The session whose directory a relative path is resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(
        path: String,
        recursive: Bool? = nil,
        include: [String]? = nil,
        exclude: [String]? = nil,
        events: [WatchEventKind]? = nil,
        since: String? = nil,
        sessionId: String? = nil
    ) {
        self.path = path
        self.recursive = recursive
        self.include = include
        self.exclude = exclude
        self.events = events
        self.since = since
        self.sessionId = sessionId
    }
}
