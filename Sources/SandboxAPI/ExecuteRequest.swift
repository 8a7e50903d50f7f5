/// Body of `POST /api/execute`. Fields it does not know are ignored.
///
/// Prints the names of variables only, and nothing of the command and its input but their sizes.
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
    /// What the command has of the workspace, in `secure` only; all of it if absent.
    public var workspace: WorkspaceAccessName?
    /// What the command finds on its standard input, on the wire as base64; nothing if absent.
    public var stdin: SecretBytes?

    private enum CodingKeys: CodingKey {
        case command, env, cwd, timeoutMs, sessionId, background, namespace, stdin, workspace
    }

    /// Makes a request.
    public init(
        command: String,
        env: [String: SecretBytes] = [:],
        cwd: String? = nil,
        timeoutMs: Int? = nil,
        sessionId: String? = nil,
        background: Bool? = nil,
        namespace: NamespaceName? = nil,
        stdin: SecretBytes? = nil,
        workspace: WorkspaceAccessName? = nil
    ) {
        self.command = command
        self.env = env
        self.cwd = cwd
        self.timeoutMs = timeoutMs
        self.sessionId = sessionId
        self.background = background
        self.namespace = namespace
        self.stdin = stdin
        self.workspace = workspace
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
        stdin = try fields.decodeIfPresent(SecretBytes.self, forKey: .stdin).map { text in
            guard let bytes = SecretBytes(base64: text) else {
                throw DecodingError.dataCorruptedError(forKey: .stdin, in: fields, debugDescription: "no base64")
            }
            return bytes
        }
        workspace = try fields.decodeIfPresent(WorkspaceAccessName.self, forKey: .workspace)
    }

    /// Writes a body; absent fields are left out.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(command, forKey: .command)
        try fields.encode(env, forKey: .env)
        try fields.encodeIfPresent(cwd, forKey: .cwd)
        try fields.encodeIfPresent(timeoutMs, forKey: .timeoutMs)
        try fields.encodeIfPresent(sessionId, forKey: .sessionId)
        try fields.encodeIfPresent(background, forKey: .background)
        try fields.encodeIfPresent(namespace, forKey: .namespace)
        try fields.encodeIfPresent(stdin?.base64, forKey: .stdin)
        try fields.encodeIfPresent(workspace, forKey: .workspace)
    }

    /// Sizes and names.
    public var description: String {
        "ExecuteRequest(command: \(command.utf8.count) bytes, env: \(env.keys.sorted()), stdin: \(stdin?.count ?? 0) bytes)"
    }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
