/// Body of `POST /api/execute`. Fields it does not know are ignored.
///
/// Prints the names of variables only, and nothing of the command but its size.
public struct ExecuteRequest: Codable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Handed to the shell as one `-c` argument.
    public var command: String
    /// Variables of this command alone; a null value is skipped.
    public var env: [String: SecretBytes]
    /// Absolute working directory; the workspace if absent.
    public var cwd: String?
    /// Milliseconds until the command and everything it started are ended; absent or 0 for the server's default.
    public var timeoutMs: Int?
    /// The session to run in.
    public var sessionId: String?
    /// Whether to answer as soon as the command has been started.
    public var background: Bool?
    /// An explicit wish; without it the variables decide.
    public var namespace: NamespaceName?

    /// Makes a request.
    public init(
        command: String,
        env: [String: SecretBytes] = [:],
        cwd: String? = nil,
        timeoutMs: Int? = nil,
        sessionId: String? = nil,
        background: Bool? = nil,
        namespace: NamespaceName? = nil
    ) {
        self.command = command
        self.env = env
        self.cwd = cwd
        self.timeoutMs = timeoutMs
        self.sessionId = sessionId
        self.background = background
        self.namespace = namespace
    }

    /// Reads a body; errors name the field and never hold a value.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        command = try fields.decode(String.self, forKey: .command)
        env = try fields.decodeIfPresent([String: SecretBytes?].self, forKey: .env)?.compactMapValues(\.self) ?? [:]
        cwd = try fields.decodeIfPresent(String.self, forKey: .cwd)
        timeoutMs = try fields.decodeIfPresent(Int.self, forKey: .timeoutMs)
        sessionId = try fields.decodeIfPresent(String.self, forKey: .sessionId)
        background = try fields.decodeIfPresent(Bool.self, forKey: .background)
        namespace = try fields.decodeIfPresent(NamespaceName.self, forKey: .namespace)
    }

    /// Sizes and names.
    public var description: String {
        "ExecuteRequest(command: \(command.utf8.count) bytes, env: \(env.keys.sorted()))"
    }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
