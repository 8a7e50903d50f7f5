/// Body of `POST /api/session/create`. Prints the names of variables only.
public struct SessionCreateRequest: Codable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The session's id; one is made up if absent.
    public var id: String?
    /// Variables of everything in the session; a null value is skipped.
    public var env: [String: SecretBytes]
    /// Where its shell begins; the workspace if absent.
    public var cwd: String?
    /// Milliseconds for commands that set no limit themselves.
    public var commandTimeoutMs: Int?
    /// Anything but all of it is refused: commands alone can have less.
    public var workspace: WorkspaceAccessName?

    /// Makes a request.
    public init(
        id: String? = nil,
        env: [String: SecretBytes] = [:],
        cwd: String? = nil,
        commandTimeoutMs: Int? = nil
    ) {
        self.id = id
        self.env = env
        self.cwd = cwd
        self.commandTimeoutMs = commandTimeoutMs
    }

    /// Reads a body; errors name the field and never hold a value.
    public init(from decoder: any Decoder) throws {
        try WorkspaceRefusal.check(decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decodeIfPresent(String.self, forKey: .id)
        env = try fields.decodeIfPresent([String: SecretBytes?].self, forKey: .env)?.compactMapValues(\.self) ?? [:]
        cwd = try fields.decodeIfPresent(String.self, forKey: .cwd)
        commandTimeoutMs = try fields.decodeIfPresent(Int.self, forKey: .commandTimeoutMs)
    }

    /// Names only.
    public var description: String { "SessionCreateRequest(env: \(env.keys.sorted()))" }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// Body of `POST /api/session/delete`.
public struct SessionDeleteRequest: Codable, Sendable {
    /// The session's id.
    public var sessionId: String

    /// Makes a request.
    public init(sessionId: String) { self.sessionId = sessionId }
}
