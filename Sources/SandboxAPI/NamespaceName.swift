/// Where a command runs, or is asked to run.
public enum NamespaceName: String, Codable, Sendable, CaseIterable {
    /// Shared and debuggable, never holds a credential.
    case user
    /// A fresh cell of its own, gone when the command is.
    case secure
}
