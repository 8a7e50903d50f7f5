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
    var limits: SandboxLimits
    /// Whether this process may empty bounding sets (SETPCAP).
    var dropsBounding = true
    /// Whether the kernel can confine abstract sockets and signals (Landlock version 6, Linux 6.12).
    var hasLandlockScopes = false
    var descriptors: LayoutDescriptors
}
