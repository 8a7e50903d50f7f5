/// One of the three namespaces that the helper makes at start.
public enum SandboxNamespace: UInt8, Sendable, CaseIterable {
    /// Hidden; holds the server and Jupyter. No request can start a process here.
    case control = 1
    /// Shared and debuggable; never holds a credential.
    case user = 2
    /// Template of the cells: every command started here gets a cell of its own.
    case secure = 3

    /// The name used on command lines, in `/health` and in process titles.
    public var name: String {
        switch self {
        case .control: "control"
        case .user: "user"
        case .secure: "secure"
        }
    }
}
