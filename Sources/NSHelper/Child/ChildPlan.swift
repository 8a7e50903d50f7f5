import Glibc
import HelperProtocol

/// The ordered steps of every child the helper makes. The order is the security: one comment per constraint.
enum ChildPlan {
    /// Where a command runs, as descriptors of namespaces.
    struct Namespaces: Hashable {
        var mount: Int32
        var ipc: Int32
        var uts: Int32
    }

    /// What a command is to run and on which streams.
    struct Command: Hashable {
        enum Program: Hashable {
            case execute([UInt8])
            /// The pair's own agent, by its open file: what the namespace has at the path does not matter.
            case agent(Int32)
            /// Ends where a program would start: proves that every step before works here.
            case probe
        }

        var program: Program
        var workingDirectory: [UInt8]
        var streams: [Int32]
        var terminal: TerminalSize?
        /// What a cell has of the workspace, where mounts can say it.
        var workspace = WorkspaceAccess.readWrite

        /// What the child's descriptors 0, 1, … are to be.
        var descriptors: [Int32] {
            if case .agent(let file) = program { streams + [file] } else { streams }
        }
    }

    /// A command in the user namespace, below a shepherd: a process of the control uid that user code can
    /// neither signal nor trace. Being a subreaper it remains the ancestor of whatever the command starts,
    /// setsid, double fork and all, so that a tree can be found to be gone. In modes `users` and `landlock` without
    /// namespaces; in the latter the shepherd is in the domain of `user` too, and user code can end it like a command.
    static func user(
        _ command: Command,
        status: Int32,
        in namespaces: Namespaces?,
        _ layout: SandboxLayout
    ) -> [Step] {
        [.title("ns-shepherd")] + prologue + (namespaces.map { join($0, ipc: true) } ?? [])
            + [.subreaper, .forkInit(reaper(status, layout) + [.shepherd(status: 3)])]
            + start(
                command,
                outOfMemoryScore: score(layout.limits.user, layout),
                nice: layout.limits.user.nice,
                limits: ResourceLimit.user(layout.limits.user)
            )
            + become(uid: layout.ids.user, gid: layout.ids.workspaceGroup, layout)
            + finish(command, mask: mask(layout), filter: userFilter(layout))
    }

    /// The file agent: in the user's mount namespace with the user's identity, but a process of the helper's own PID
    /// namespace, so that nobody in the user namespace can name it. Below a shepherd, as a command is.
    static func fileAgent(
        _ command: Command,
        status: Int32,
        in namespaces: Namespaces,
        _ layout: SandboxLayout
    ) -> [Step] {
        // The score before the mount namespace, whose /proc does not show this process.
        [.title("ns-shepherd")] + prologue + [.outOfMemoryScore(layout.limits.user.outOfMemoryScore)]
            + join(namespaces, ipc: true)
            + [.subreaper, .forkInit(reaper(status, layout) + [.shepherd(status: 3)])]
            // Not behind the user's programs in the queue for a processor: the API waits for it.
            + start(command, outOfMemoryScore: nil, nice: 0, limits: ResourceLimit.user(layout.limits.user))
            + dropPrivileges(uid: layout.ids.user, gid: layout.ids.workspaceGroup)
            + finish(command, mask: layout.sharing == .idmapped ? 0o022 : 0o002, filter: .user)
    }

    /// A command in a cell: the child becomes pid 1 of the cell's PID namespace, builds the cell, forks the
    /// command and reaps until it ends. IPC is new by clone flag.
    static func cell(
        _ command: Command,
        status: Int32,
        in namespaces: Namespaces,
        _ layout: SandboxLayout
    ) -> [Step] {
        [.title("ns-init cell")] + prologue + join(namespaces, ipc: false)
            + [.newMountNamespace]
            + MountPlan.cell(layout, workspace: command.workspace)
            + [.forkInit(reaper(status, layout) + [.reapUntilCommandEnds(status: 3)])]
            + start(
                command,
                outOfMemoryScore: layout.limits.secure.outOfMemoryScore,
                nice: layout.limits.secure.nice,
                limits: ResourceLimit.secure(layout.limits.secure)
            )
            + dropPrivileges(uid: layout.ids.secure, gid: layout.ids.workspaceGroup)
            // 077: on an idmapped workspace the user owns the file all the same.
            + finish(
                command,
                mask: layout.sharing == .idmapped ? 0o077 : 0o002,
                filter: .secure,
                landlock: cellRules(layout),
                listens: layout.cellsListen
            )
    }

    /// Scopes came with version 6 of the kernel's interface, ports with 4.
    private static func cellRules(_ layout: SandboxLayout) -> LandlockRules? {
        guard layout.landlockVersion >= (layout.cellsListen ? 6 : 4) else { return nil }
        return LandlockRules(version: layout.landlockVersion, forbidsBinding: !layout.cellsListen)
    }

    /// The command's parent, from the moment the command has been forked: nothing of the helper's is left in
    /// it but the status socket, as descriptor 3.
    static func reaper(_ status: Int32, _ layout: SandboxLayout) -> [Step] {
        let null = layout.descriptors.null
        return [.newSession, .descriptors([null, null, null, status])]
            + become(uid: layout.ids.control, gid: layout.ids.controlGroup, layout)
            + [.noNewPrivileges, .filter(.namespaceInit)]
    }

    /// pid 1 of one of the three namespaces.
    static func namespaceInit(_ namespace: SandboxNamespace, _ layout: SandboxLayout) -> [Step] {
        let null = layout.descriptors.null
        return prologue
            + MountPlan.namespace(namespace, layout)
            // Opened by the init itself: the helper could not open them once the init is another uid's.
            + [.sendNamespaces, .newSession, .workingDirectory(Array("/".utf8))]
            + [.title("ns-init " + namespace.name)]
            + [.descriptors([null, null, null, layout.descriptors.lifeline])]
            + dropPrivileges(uid: layout.ids.control, gid: layout.ids.controlGroup)
            + [.noNewPrivileges, .filter(.namespaceInit), .reapForEver(lifeline: 3)]
    }

    /// A program of the control plane, and how it is executed.
    enum ControlProgram: Hashable {
        /// By its open file: what control sees at the path is not necessarily the same (a private /tmp), and what
        /// was checked is what runs.
        case descriptor(Int32)
        /// By its path, which a script needs: its interpreter opens it again.
        case path([UInt8])
    }

    /// The server or Jupyter, in the control namespace.
    static func control(
        _ program: ControlProgram,
        streams: [Int32],
        in namespaces: Namespaces?,
        uid: UInt32,
        gid: UInt32,
        isPrivileged: Bool,
        dropsBounding: Bool = true,
        outOfMemoryScore: Int,
        landlock: LandlockRules? = nil
    ) -> [Step] {
        var descriptors = streams
        let execute: Step
        switch program {
        case .descriptor(let file):
            execute = .executeDescriptor(Int32(streams.count))
            descriptors.append(file)
        case .path(let path): execute = .execute(path)
        }
        // Without privilege a process that is not dumpable cannot write its own score.
        return prologue + (isPrivileged ? [.outOfMemoryScore(outOfMemoryScore)] : []) + [.newSession]
            + (namespaces.map { join($0, ipc: true) } ?? [])
            + [.descriptors(descriptors)]
            + [.resourceLimit(ResourceLimit(resource: .coreFile, soft: 1, hard: 1))]
            + [.resourceLimit(ResourceLimit(resource: .openFiles, soft: 65_536, hard: 65_536))]
            + (isPrivileged
                ? dropPrivileges(uid: uid, gid: gid, dropsBounding: dropsBounding) : [.parentDeathSignal(SIGKILL)])
            + [.workingDirectory(Array("/".utf8)), .fileModeMask(0o077), .noNewPrivileges]
            + (landlock.map { [.landlock($0)] } ?? []) + [.emptySignalMask]
            // A filter that denied execve would deny this one too: the program gets that filter as a
            // descriptor and installs it before anything else (`FilterName.server`).
            + [.filter(.secure), execute]
    }

    /// A command in mode `none`: nothing is isolated. With privilege at least the three uids differ.
    static func open(
        _ command: Command,
        status: Int32,
        identity: (uid: UInt32, gid: UInt32)?,
        _ layout: SandboxLayout
    ) -> [Step] {
        let null = layout.descriptors.null
        let shepherd: [Step] =
            [.title("ns-shepherd"), .descriptors([null, null, null, status])]
            + (identity == nil
                ? [.parentDeathSignal(SIGKILL)]
                : dropPrivileges(
                    uid: layout.ids.control,
                    gid: layout.ids.controlGroup,
                    dropsBounding: layout.dropsBounding
                ))
            + [.noNewPrivileges, .filter(.namespaceInit), .shepherd(status: 3)]
        return prologue + [.subreaper, .forkInit(shepherd), .newSession, .descriptors(command.descriptors)]
            + (identity.map { dropPrivileges(uid: $0.uid, gid: $0.gid, dropsBounding: layout.dropsBounding) } ?? [
                .parentDeathSignal(SIGKILL)
            ])
            + [.workingDirectory(command.workingDirectory), .fileModeMask(0o022)]
            + (command.terminal.map { [.terminal($0)] } ?? [])
            + [.emptySignalMask] + program(command)
    }

    static let prologue: [Step] = [
        .defaultSignals,
        // The helper's is 077; what is made on the way to the command must be open to it.
        .fileModeMask(0o022),
        // From here until execve, nobody of the target's uid can look at the helper's memory in this child.
        .notDumpable,
    ]

    private static func join(_ namespaces: Namespaces, ipc: Bool) -> [Step] {
        // The mount namespace last: it moves root and working directory (setns(2)). Before `descriptors`,
        // which closes the namespaces' descriptors: no directory or namespace of the helper's may survive.
        (ipc ? [.joinNamespace(descriptor: namespaces.ipc, .ipc)] : []) + [
            .joinNamespace(descriptor: namespaces.uts, .uts),
            .joinNamespace(descriptor: namespaces.mount, .mount),
        ]
    }

    static func start(
        _ command: Command,
        outOfMemoryScore: Int?,
        nice: Int,
        limits: [ResourceLimit]
    )
        -> [Step]
    {
        // While still uid 0: afterwards a non-dumpable process cannot open its own file.
        (outOfMemoryScore.map { [.outOfMemoryScore($0)] } ?? []) + (nice == 0 ? [] : [.nice(nice)]) + [
            .newSession,
            // Before the limits: until here the helper's descriptors are open, and may be more than a command's.
            .descriptors(command.descriptors),
        ] + limits.map { .resourceLimit($0) }
    }

    /// From root to somebody for good. Only where SETPCAP is missing, which mode `namespaces` does not allow, the
    /// bounding set stays: without a program that raises capabilities (no_new_privs) it means nothing.
    ///
    /// - Parameter effective: The uid to act with, if the process is to be out of reach for those whose files it changes.
    static func dropPrivileges(
        uid: UInt32,
        effective: UInt32? = nil,
        gid: UInt32,
        dropsBounding: Bool = true,
        diesWithParent: Bool = true
    ) -> [Step] {
        [.sessionKeyring, .clearAmbient]
            // Before the uid: afterwards PR_CAPBSET_DROP and setgroups are refused.
            + (dropsBounding ? [.dropBounding] : []) + [
                .supplementaryGroups([]),
                .groupID(gid),
                effective.map { .userIDs(real: uid, effective: $0) } ?? .userID(uid),
                // setresuid has set it to fs.suid_dumpable; from here on the process has the target's uid.
                .notDumpable,
                // setresuid empties permitted and effective, not inheritable (CVE-2022-29162).
                .dropCapabilities,
                .verifyIdentity(uid: uid, effective: effective, gid: gid, boundingIsEmpty: dropsBounding),
            ]
            // setresuid has cleared it (prctl(2)).
            + (diesWithParent ? [.parentDeathSignal(SIGKILL)] : [])
    }

    static func finish(
        _ command: Command,
        mask: UInt32,
        filter: FilterName,
        landlock: LandlockRules? = nil,
        sharesUID: Bool = false,
        listens: Bool = true
    ) -> [Step] {
        // With the target's rights, so that no directory is entered that the target may not enter.
        [.workingDirectory(command.workingDirectory), .fileModeMask(mask)]
            // As the target: devpts makes the opener the slave's owner. Where that is everybody, what is typed must not go
            // to whoever opens it.
            + (command.terminal.map { [.terminal($0, isExclusive: sharesUID)] } ?? [])
            // no_new_privs before the filter, which a process without SYS_ADMIN may only load with it; the
            // filter last, so that it need not allow what the steps before do.
            + [.noNewPrivileges]
            // Abstract sockets follow the network namespace, which all share; this is what confines them.
            + (landlock.map { [.landlock($0)] } ?? [])
            + [.emptySignalMask]
            // Before the other, which refuses further ones.
            + (listens ? [] : [.filter(.noListening)])
            + [.filter(filter)]
            + program(command)
    }

    private static func program(_ command: Command) -> [Step] {
        switch command.program {
        case .execute(let path): [.execute(path)]
        // `descriptors` has put its file behind the standard streams.
        case .agent: [.executeDescriptor(3)]
        case .probe: [.exit(0)]
        }
    }
}
