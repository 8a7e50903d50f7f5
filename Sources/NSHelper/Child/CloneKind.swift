/// How a child is to be cloned.
enum CloneKind {
    /// In the helper's own namespaces, or those its next children go to.
    case plain
    /// As pid 1 of new PID, mount, IPC and UTS namespaces.
    case namespaceInit
    /// As pid 1 of a PID and IPC namespace nested below the one that the next children go to.
    case cell
}
