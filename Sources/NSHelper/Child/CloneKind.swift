import CNamespaceShim

/// How a child is to be cloned.
enum CloneKind {
    /// In the helper's own namespaces, or those its next children go to.
    case plain
    /// As pid 1 of new PID, mount, IPC and UTS namespaces.
    case namespaceInit
    /// As pid 1 of a PID and IPC namespace nested below the one that the next children go to.
    case cell
}

extension CloneKind {
    /// The kinds of namespace that are made with the child; a cell's PID namespace is `cns_clone_nested`'s business.
    var namespaces: UInt64 {
        switch self {
        case .plain: 0
        case .namespaceInit: cns_new_pid | cns_new_mount | cns_new_ipc | cns_new_uts
        case .cell: cns_new_ipc
        }
    }
}
