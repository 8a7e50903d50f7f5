/// How a cell writes to the workspace that it shares with the user namespace.
public enum WorkspaceSharing: UInt8, Sendable {
    /// No second uid exists, so nothing has to be shared (mode `none` without privilege).
    case sameOwner = 0
    /// An idmapped mount: files have the user's uid on disk whoever wrote them (Linux 5.12).
    case idmapped = 1
    /// A common group, a setgid directory and umask 002, where the filesystem refuses idmapped mounts.
    case group = 2

    /// The name used in `/health`.
    public var name: String {
        switch self {
        case .sameOwner: "same-owner"
        case .idmapped: "idmapped"
        case .group: "group"
        }
    }
}
