#if WEAKENED
    /// What a weakened helper can be told to leave out, one name per layer. Each is proven necessary by an attack that
    /// succeeds without it (Tests/AttackTests, Docs/Attacks.md). Never compiled into a program that is shipped.
    enum Mitigation: String, CaseIterable {
        /// Commands of `user` have a uid of their own, not that of the control plane.
        case userID = "user-uid"
        /// `user` and `secure` have PID namespaces.
        case processNamespace = "pid-namespace"
        /// Each cell has a PID namespace of its own.
        case cellProcessNamespace = "cell-pid-namespace"
        /// Each cell has an IPC namespace of its own.
        case cellIPCNamespace = "cell-ipc-namespace"
        /// Each cell has temporary directories, a home, shared memory and terminals of its own.
        case cellMounts = "cell-mounts"
        /// Parts of /proc and /sys are covered.
        case procMasks = "proc-masks"
        /// The container's /run is covered in `user` and `secure`.
        case privateRun = "private-run"
        /// Files of the pair and what the operator named are covered.
        case hiddenPaths = "hidden-paths"
        /// setuid bits mean nothing on any mount.
        case noSetUID = "nosuid"
        /// Commands cannot gain privileges by execve(2).
        case noNewPrivileges = "no-new-privileges"
        /// The whole filter of `user` and `secure`. A single system call's rules: `call:NAME`.
        case systemCallFilter = "seccomp"
        /// A cell's abstract sockets and signals stay inside.
        case landlockScope = "landlock-scope"
        /// A cell's core files are cut to nothing.
        case coreLimit = "core-limit"
        /// Private file systems have a size and a number of files.
        case mountLimits = "mount-limits"
        /// Environments are built from nothing.
        case emptyEnvironment = "empty-environment"
        /// Cells get settings that defuse a poisoned workspace.
        case protectiveEnvironment = "protective-environment"
        /// The held ports cover IPv6 as well as IPv4.
        case dualStack = "dual-stack"
        /// The held ports are held without SO_REUSEADDR.
        case exclusivePorts = "exclusive-ports"
        /// The ports are held by the helper, whatever the server does.
        case heldPorts = "held-ports"
        /// The server knows the sandbox's uids, and refuses their connections.
        case peerCheck = "peer-check"
        /// The socket for tools admits root and the control uid alone.
        case doorCheck = "door-check"
        /// A child cannot be looked at before its execve(2).
        case notDumpable = "not-dumpable"
        /// A command gets its standard streams and no other descriptor.
        case closedDescriptors = "closed-descriptors"
        /// A cell has as much of the workspace as its request says.
        case workspaceAccess = "workspace-access"
        /// Only harmless kinds of descriptors become a command's streams.
        case descriptorPolicy = "descriptor-policy"
        /// A request's argv and environment are overwritten when its command has started.
        case wipedImages = "wiped-images"
        /// Mode `users`: each cell has a uid of its own.
        case cellUID = "cell-uid"
        /// Mode `landlock`: `user` is in a domain inside of its keeper's.
        case userDomain = "user-domain"
    }
#endif
