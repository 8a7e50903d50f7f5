/// Body of `POST /api/contexts`. Prints the names of variables only.
public struct ContextCreateRequest: Codable, Sendable, CustomStringConvertible, CustomReflectable {
    /// `python`, `javascript`, `typescript` or `bash`; `python` if absent.
    public var language: String?
    /// Absolute working directory; the workspace if absent.
    public var cwd: String?
    /// Variables of the context's code; with any it gets a cell of its own. A null value is skipped.
    public var variables: [String: SecretBytes]
    /// Anything but all of it is refused: commands alone can have less.
    public var workspace: WorkspaceAccessName?

    private enum CodingKeys: String, CodingKey {
        case language
        case cwd
        case variables = "env_vars"
        case workspace
    }

    /// Makes a request.
    public init(language: String? = nil, cwd: String? = nil, variables: [String: SecretBytes] = [:]) {
        self.language = language
        self.cwd = cwd
        self.variables = variables
    }

    /// Reads a body; errors name the field and never hold a value.
    public init(from decoder: any Decoder) throws {
        try WorkspaceRefusal.check(decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        language = try fields.decodeIfPresent(String.self, forKey: .language)
        cwd = try fields.decodeIfPresent(String.self, forKey: .cwd)
        variables =
            try fields.decodeIfPresent([String: SecretBytes?].self, forKey: .variables)?.compactMapValues(\.self) ?? [:]
    }

    /// Names only.
    public var description: String { "ContextCreateRequest(env_vars: \(variables.keys.sorted()))" }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
