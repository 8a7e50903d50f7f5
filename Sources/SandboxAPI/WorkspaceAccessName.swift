/// What a command in a cell has of the workspace.
public enum WorkspaceAccessName: String, Codable, Sendable, CaseIterable {
    /// All of it, to read and to write: the default.
    case readWrite = "rw"
    /// All of it, read-only: the command changes nothing there by itself, but may write to a FIFO that user code has made.
    case readOnly = "ro"
    /// An empty directory of the command's own in its place: the command gets nothing that user code has written.
    case empty = "none"
}
