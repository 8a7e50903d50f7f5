import HelperProtocol

/// The mounts of each namespace, as ordered steps.
///
/// No pivot_root, which container profiles forbid: private mounts are laid over the image's tree.
enum MountPlan {
    /// The mounts of one of the three namespaces, in a child that has just got its own mount namespace.
    static func namespace(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> [Step] {
        var steps: [Step] = [.privateMounts] + openLocations(namespace, layout)
        let readOnly: MountAttributes = namespace == .user ? [] : .readOnly
        steps.append(.mountAttributes("/", set: readOnly.union([.noSUID, .noDevices]), clear: [], wholeTree: true))
        // /proc first: descriptors are mounted through /proc/self/fd.
        steps.append(freshProc(hidesOthers: namespace == .control))
        steps += devices(namespace, layout) + maskedProc + [.readOnly("/sys")] + ProcPaths.maskedSys.map { .mask($0) }
        steps += privateDirectories(namespace, layout)
        if namespace == .control {
            if let path = layout.socketDirectory {
                // Its place is in the fresh /run, whose parents may be missing.
                steps += parents(of: path).map { .makeDirectory($0, mode: 0o755) }
                steps.append(.mountLocation(socketLocation, target: path))
            }
        } else {
            steps += workspace(namespace, layout)
            // Last, so that nothing mounted later uncovers them; paths below /run are gone already.
            steps += layout.hiddenPaths.map { .mask($0) }
        }
        return steps
    }

    /// The mounts of a cell, in a child that has joined the secure namespace's and then copied it.
    static func cell(_ layout: SandboxLayout, workspace: WorkspaceAccess = .readWrite) -> [Step] {
        // The idmapped workspace of the secure namespace, if what follows would cover it.
        let path = layout.workspace
        let isCovered = ["/tmp", "/var/tmp", homePath(.secure)].contains { (path + "/").hasPrefix($0 + "/") }
        return [.privateMounts] + (isCovered ? [.openLocation(path, workspaceLocation)] : [])
            + [freshProc(hidesOthers: false)] + maskedProc
            + [terminals(layout), shared(.secure, layout), queues] + temporary(.secure, layout)
            + [home(.secure, layout)]
            + (isCovered ? mountWorkspace(path) : []) + restrict(workspace, layout)
    }

    /// Takes the workspace, or the writing to it, from a cell. Its mount namespace is a copy with mounts of its own, so
    /// nobody else's changes; and who has no capability can neither undo the attribute nor look below the cover.
    private static func restrict(_ workspace: WorkspaceAccess, _ layout: SandboxLayout) -> [Step] {
        #if WEAKENED
            if Weakness.lacks(.workspaceAccess) { return [] }
        #endif
        let path = layout.workspace
        switch workspace {
        case .readWrite: return []
        case .readOnly: return [.mountAttributes(path, set: .readOnly, clear: [], wholeTree: true)]
        case .empty:
            let (uid, gid) = layout.ids.owner(.secure)
            let data = "mode=0700,uid=\(uid),gid=\(gid),size=\(layout.sizes.tmp),nr_inodes=\(layout.sizes.inodes)"
            return [tmpfs(path, data + swapping(.secure, layout))]
        }
    }

    /// What lies in places that are about to be covered, opened in this mount namespace: the kernel binds
    /// only mounts of the caller's own.
    private static func openLocations(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> [Step] {
        let devices = DeviceNode.all.enumerated().map { Step.openLocation($0.element.path, $0.offset) }
        if namespace != .control { return devices + [.openLocation(layout.workspace, workspaceLocation)] }
        guard let path = layout.socketDirectory else { return devices }
        return devices + [.openLocation(path, socketLocation)]
    }

    private static let socketLocation = DeviceNode.all.count
    private static let workspaceLocation = DeviceNode.all.count

    /// The workspace at its own path, wherever that is, writable in both namespaces. A bind of its own, so
    /// that its attributes are not those of the tree around it.
    private static func workspace(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> [Step] {
        let path = layout.workspace
        var steps = mountWorkspace(path)
        steps += [
            .mountAttributes(path, set: [.noSUID, .noDevices], clear: .readOnly, wholeTree: true)
        ]
        if namespace == .secure, layout.sharing == .idmapped, let map = layout.descriptors.identityMap {
            steps.append(.idmap(path, userNamespace: map))
        }
        return steps
    }

    private static func mountWorkspace(_ path: String) -> [Step] {
        parents(of: path).map { .makeDirectory($0, mode: 0o755) } + [.mountLocation(workspaceLocation, target: path)]
    }

    private static func parents(of path: String) -> [String] {
        let components = path.split(separator: "/").dropLast()
        return components.indices.map { "/" + components[...$0].joined(separator: "/") }
    }

    private static func freshProc(hidesOthers: Bool) -> Step {
        // In control, processes of one uid do not even list those of another.
        .mount(
            source: "proc",
            target: "/proc",
            type: "proc",
            flags: [.noSUID, .noDevices, .noExecute],
            data: hidesOthers ? "hidepid=invisible" : ""
        )
    }

    private static let maskedProc: [Step] =
        ProcPaths.masked.map { .mask($0) } + ProcPaths.readOnly.map { .readOnly($0) }

    private static func devices(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> [Step] {
        var steps: [Step] = [
            .mount(
                source: "dev",
                target: "/dev",
                type: "tmpfs",
                flags: [.noSUID, .noExecute],
                data: "mode=0755,size=64k,nr_inodes=64"
            )
        ]
        steps += DeviceNode.all.enumerated().map { .device($0.offset, $0.element) }
        steps += ["pts", "shm", "mqueue"].map { .makeDirectory("/dev/" + $0, mode: 0o755) }
        steps += [
            .symbolicLink("/proc/self/fd", at: "/dev/fd"),
            .symbolicLink("/proc/self/fd/0", at: "/dev/stdin"),
            .symbolicLink("/proc/self/fd/1", at: "/dev/stdout"),
            .symbolicLink("/proc/self/fd/2", at: "/dev/stderr"),
            .symbolicLink("pts/ptmx", at: "/dev/ptmx"),
        ]
        return steps + [terminals(layout), shared(namespace, layout), queues]
    }

    private static func terminals(_ layout: SandboxLayout) -> Step {
        // An instance of its own has a limit of its own; the opener's uid becomes the slave's owner.
        .mount(
            source: "devpts",
            target: "/dev/pts",
            type: "devpts",
            flags: [.noSUID, .noExecute],
            data: "newinstance,ptmxmode=0666,mode=0600,max=\(layout.sizes.terminals)"
        )
    }

    private static func shared(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> Step {
        let data = "mode=1777,size=\(layout.sizes.shm),nr_inodes=\(layout.sizes.inodes)"
        return tmpfs("/dev/shm", data + swapping(namespace, layout))
    }

    /// POSIX message queues of this IPC namespace.
    private static let queues = Step.mount(
        source: "mqueue",
        target: "/dev/mqueue",
        type: "mqueue",
        flags: [.noSUID, .noDevices, .noExecute],
        data: ""
    )

    private static func temporary(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> [Step] {
        let data = "mode=1777,size=\(layout.sizes.tmp),nr_inodes=\(layout.sizes.inodes)" + swapping(namespace, layout)
        return [tmpfs("/tmp", data), tmpfs("/var/tmp", data)]
    }

    private static func privateDirectories(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> [Step] {
        temporary(namespace, layout) + [
            // Covers docker.sock, service-account tokens, other daemons' sockets and the helper's own.
            tmpfs("/run", "mode=0755,size=\(layout.sizes.run),nr_inodes=4096"),
            tmpfs("/home", "mode=0755,size=64k,nr_inodes=16"),
            .makeDirectory(homePath(namespace), mode: 0o755),
            home(namespace, layout),
        ]
    }

    /// The home directory of a namespace; owned through mount options, since the helper has no CHOWN.
    private static func home(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> Step {
        let (uid, gid) = layout.ids.owner(namespace)
        return tmpfs(
            homePath(namespace),
            "mode=0700,uid=\(uid),gid=\(gid),size=\(layout.sizes.home),nr_inodes=\(layout.sizes.inodes)"
                + swapping(namespace, layout)
        )
    }

    /// What a command with credentials writes must not be found on a disk one day.
    private static func swapping(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> String {
        namespace == .secure && layout.keepsFromSwap ? ",noswap" : ""
    }

    static func homePath(_ namespace: SandboxNamespace) -> String { "/home/" + namespace.name }

    private static func tmpfs(_ target: String, _ data: String) -> Step {
        .mount(source: "tmpfs", target: target, type: "tmpfs", flags: [.noSUID, .noDevices], data: data)
    }
}
