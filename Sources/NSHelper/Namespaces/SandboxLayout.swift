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
    /// Version of the kernel's Landlock interface, 0 without. Version 6 (Linux 6.12) confines abstract sockets and signals.
    var landlockVersion: Int32 = 0
    /// Whether the kernel keeps what lies in a tmpfs out of swap where it is asked to (tmpfs(5) noswap, Linux 6.4).
    var keepsFromSwap = false
    /// Whether commands with credentials may listen on sockets.
    var cellsListen = true
    /// Directory of the home directories in modes `users` and `landlock`.
    var homes = ""
    /// In mode `landlock`, what commands may open: everything but what is hidden and the home directories. nil elsewhere.
    var granted: [String]?
    /// Of these, what they may change: the pair's own programs are not among it, whoever owns them.
    var grantedToChange: [String] = []
    /// uid that keeps what runs as `user` in mode `users`, and the file agents' real uid there.
    var userKeeper: UInt32 = 0
    var descriptors: LayoutDescriptors
}
