public import SandboxAPI

/// What a watch says.
public enum FileChange: Sendable, Hashable {
    /// The first event: from now on nothing is missed.
    case started
    /// Something happened to the file or directory of this absolute path.
    case changed(WatchEventKind, path: String, isDirectory: Bool)
    /// Changes were lost, for this reason: everything must be looked at anew. The watch goes on.
    case missed(reason: String)
}
