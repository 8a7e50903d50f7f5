import HelperProtocol

/// What the plans for namespaces and children are made from: configuration and descriptors, no state.
struct SandboxLayout {
    var ids: SandboxIdentities
    var workspace: String
    var sharing: WorkspaceSharing
    var sizes: MountSizes
    /// Files and directories to cover in `user` and `secure`, free of symbolic links.
    var hiddenPaths: [String]
    /// Directory of the helper's path socket, to be seen again in `control` after /run is covered.
    var socketDirectory: String?
    var userProcesses: UInt64
    /// Whether this process may empty bounding sets (SETPCAP).
    var dropsBounding = true
    /// Whether the kernel can confine abstract sockets and signals (Landlock version 6, Linux 6.12).
    var hasLandlockScopes = false
    var descriptors: LayoutDescriptors
}

/// Limits of the private file systems.
struct MountSizes: Hashable {
    var tmp = "256m"
    var home = "512m"
    var shm = "64m"
    var run = "16m"
    var inodes: UInt64 = 65_536
    var terminals: UInt64 = 64
}

/// Numbers of the descriptors that steps refer to. Owned by `DescriptorStore`.
struct LayoutDescriptors: Hashable {
    var null: Int32
    var lifeline: Int32
    /// User namespace whose maps swap the uids of user and secure.
    var identityMap: Int32?
}
