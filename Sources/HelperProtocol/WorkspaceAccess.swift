/// What a cell has of the workspace.
public enum WorkspaceAccess: UInt8, Sendable, Hashable, CaseIterable {
    /// All of it, to read and to write.
    case readWrite = 0
    /// All of it, read-only.
    case readOnly = 1
    /// An empty directory of the cell's own in its place, which goes away with the cell.
    case empty = 2
}
