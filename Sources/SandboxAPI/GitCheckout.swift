/// Body of `POST /api/git/checkout`. The address may hold credentials and is never printed.
public struct GitCheckoutRequest: Codable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Where the repository is.
    public var repoUrl: SecretBytes
    /// The branch or tag to check out; the remote's own choice if absent.
    public var branch: String?
    /// Where the clone goes; a directory of the repository's name in the workspace if absent.
    public var targetDir: String?
    /// The session whose shell clones.
    public var sessionId: String?
    /// How many commits to fetch; all if absent.
    public var depth: Int?
    /// Milliseconds until the clone is ended; 600000 if absent.
    public var timeoutMs: Int?
    /// Anything but all of it is refused: the clone lies in the workspace.
    public var workspace: WorkspaceAccessName?

    /// Makes a request.
    public init(
        repoUrl: SecretBytes,
        branch: String? = nil,
        targetDir: String? = nil,
        sessionId: String? = nil,
        depth: Int? = nil,
        timeoutMs: Int? = nil
    ) {
        self.repoUrl = repoUrl
        self.branch = branch
        self.targetDir = targetDir
        self.sessionId = sessionId
        self.depth = depth
        self.timeoutMs = timeoutMs
    }

    /// Nothing of the address.
    public var description: String { "GitCheckoutRequest" }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// Answer of `POST /api/git/checkout`.
public struct GitCheckoutAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The address without the credentials that may have stood in it.
    public var repoUrl: String
    /// The branch that is checked out.
    public var branch: String
    /// Where the clone is.
    public var targetDir: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(repoUrl: String, branch: String, targetDir: String) {
        self.repoUrl = repoUrl
        self.branch = branch
        self.targetDir = targetDir
    }
}
