/// Numeric user and group ids of the three parties.
public struct SandboxIdentities: Sendable, Hashable {
    /// uid of the server, of Jupyter and of the namespace inits.
    public var control: UInt32
    /// uid of everything in the user namespace, and owner of the workspace's files.
    public var user: UInt32
    /// uid of everything in cells.
    public var secure: UInt32
    /// gid of the control processes.
    public var controlGroup: UInt32
    /// gid of user and secure processes and of the workspace.
    public var workspaceGroup: UInt32

    /// Makes a set of ids.
    public init(control: UInt32, user: UInt32, secure: UInt32, controlGroup: UInt32, workspaceGroup: UInt32) {
        self.control = control
        self.user = user
        self.secure = secure
        self.controlGroup = controlGroup
        self.workspaceGroup = workspaceGroup
    }
}
