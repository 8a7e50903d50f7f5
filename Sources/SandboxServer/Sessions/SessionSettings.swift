import SandboxAPI

/// What a session is created with.
struct SessionSettings: Sendable {
    /// Variables of everything that runs in it; which names they have decides about its namespace.
    var variables: [(name: String, value: SecretBytes)] = []
    /// Where its shell begins; the workspace if nil or if it cannot be entered.
    var directory: String?
    /// For commands that have no limit of their own; nil for the server's default.
    var timeoutMilliseconds: Int?
}
