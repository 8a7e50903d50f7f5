/// Body of `POST /api/execute/code`. Prints sizes and the names of variables only.
public struct ExecuteCodeRequest: Codable, Sendable, CustomStringConvertible, CustomReflectable {
    /// What is to be run.
    public var code: String
    /// The context to run in; without one the code gets a kernel for just this call.
    public var contextID: String?
    /// The code's language; that of the context if there is one, else `python` if absent.
    public var language: String?
    /// Absolute working directory of a kernel for just this call.
    public var cwd: String?
    /// Milliseconds until the code is interrupted; absent or 0 for the server's default.
    public var timeoutMs: Int?
    /// Variables of just this call: it gets a kernel in a cell. A null value is skipped.
    public var variables: [String: SecretBytes]
    /// Anything but all of it is refused: commands alone can have less.
    public var workspace: WorkspaceAccessName?

    private enum CodingKeys: String, CodingKey {
        case code
        case contextID = "context_id"
        case language
        case cwd
        case timeoutMs = "timeout_ms"
        case variables = "env_vars"
        case workspace
    }

    /// Makes a request.
    public init(
        code: String,
        contextID: String? = nil,
        language: String? = nil,
        cwd: String? = nil,
        timeoutMs: Int? = nil,
        variables: [String: SecretBytes] = [:]
    ) {
        self.code = code
        self.contextID = contextID
        self.language = language
        self.cwd = cwd
        self.timeoutMs = timeoutMs
        self.variables = variables
    }

    /// Reads a body; errors name the field and never hold a value.
    public init(from decoder: any Decoder) throws {
        try WorkspaceRefusal.check(decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        code = try fields.decode(String.self, forKey: .code)
        contextID = try fields.decodeIfPresent(String.self, forKey: .contextID)
        language = try fields.decodeIfPresent(String.self, forKey: .language)
        cwd = try fields.decodeIfPresent(String.self, forKey: .cwd)
        timeoutMs = try fields.decodeIfPresent(Int.self, forKey: .timeoutMs)
        variables =
            try fields.decodeIfPresent([String: SecretBytes?].self, forKey: .variables)?.compactMapValues(\.self) ?? [:]
    }

    /// Sizes and names.
    public var description: String {
        "ExecuteCodeRequest(code: \(code.utf8.count) bytes, env_vars: \(variables.keys.sorted()))"
    }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
