import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// The isolation that was asked for, established and proven, or the reason why it is not there.
final class Isolation {
    let mode: RunningMode
    let context: SpawnContext
    /// Keeps the descriptors of `context.layout` open.
    private let store: DescriptorStore
    /// Why namespaces could not be had, if they were tried.
    let failure: HelloReply.ProbeFailure?
    /// What the container around the pair may use.
    let container: ContainerLimits
    /// Why there are no cgroups, where there are namespaces.
    let groupFailure: ControlGroups.Failure?

    private init(
        mode: RunningMode,
        context: consuming SpawnContext,
        store: DescriptorStore,
        failure: HelloReply.ProbeFailure?,
        container: ContainerLimits,
        groupFailure: ControlGroups.Failure? = nil
    ) {
        self.mode = mode
        self.context = context
        self.store = store
        self.failure = failure
        self.container = container
        self.groupFailure = groupFailure
    }

    /// Tries the demanded mode, or with `auto` all, the strongest first. Each time the whole sequence, not a capability
    /// bit: seccomp, AppArmor, SELinux, a user namespace or a masked /proc each break single steps of it.
    ///
    /// - Parameter report: Called for each mode that cannot be had.
    static func establish(
        _ configuration: HelperConfiguration,
        identities: SandboxIdentities,
        isPrivileged: Bool,
        isProbe: Bool = false,
        report: (IsolationMode, HelloReply.ProbeFailure) -> Void
    )
        throws -> Isolation
    {
        let store = try DescriptorStore()
        let own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)
        guard own >= 0 else { throw ConfigurationError("/proc/self/ns/pid cannot be opened: mount /proc") }
        let membership = TextFile.read("/proc/self/cgroup") ?? ""
        let group = OwnGroup(configuration, membership)
        let container = ContainerLimits(
            cgroups: membership,
            machineMemory: cns_memory_bytes(),
            own: { group.directory?.text($0) },
            read: { TextFile.read($0) }
        )
        let layout = try layout(configuration, identities, store, container)
        var context = SpawnContext(
            layout: layout,
            filters: try FilterSet(),
            ownPIDNamespace: OwnedDescriptor(adopting: own)
        )
        context.layout.sharing = isPrivileged ? .group : .sameOwner
        var first: HelloReply.ProbeFailure?
        for mode in configuration.isolation.map({ [$0] }) ?? IsolationMode.strongestFirst {
            do {
                var groupFailure: ControlGroups.Failure?
                let running = try start(mode, configuration, isProbe, store, &context, group, container, &groupFailure)
                return Isolation(
                    mode: running,
                    context: context,
                    store: store,
                    failure: first,
                    container: container,
                    groupFailure: groupFailure
                )
            } catch let error as HelloReply.ProbeFailure {
                report(mode, error)
                first = first ?? error
            }
        }
        return Isolation(mode: .unavailable, context: context, store: store, failure: first, container: container)
    }

    /// Landlock's rules are made for names without links. The last part need not be there yet.
    private static func withoutLinks(_ path: String) -> String {
        let parent = Startup.parent(of: path)
        guard let real = ServerProgram.realPath(parent), real != "/" else { return path }
        return real + path.dropFirst(parent.count)
    }

    private static func start(
        _ mode: IsolationMode,
        _ configuration: HelperConfiguration,
        _ isProbe: Bool,
        _ store: DescriptorStore,
        _ context: inout SpawnContext,
        _ group: OwnGroup,
        _ container: ContainerLimits,
        _ groupFailure: inout ControlGroups.Failure?
    ) throws -> RunningMode {
        if let failure = SelfCheck.failure(mode) { throw failure }
        let layout = context.layout
        do {
            switch mode {
            case .namespaces:
                let (set, failure) = try namespaces(configuration, store, &context, group, container)
                groupFailure = failure
                return .namespaces(set)
            case .users: return .kept(try kept(configuration, context, isProbe: isProbe))
            case .landlock:
                let hidden = GrantedPaths.hidden(configuration, layout)
                if let error = GrantedPaths.contradiction(hidden, workspace: layout.workspace) { throw error }
                context.layout.granted = GrantedPaths.all(but: hidden)
                context.layout.grantedToChange = GrantedPaths.all(but: hidden + GrantedPaths.programs(configuration))
                context.layout.userKeeper = context.layout.ids.user
                // The kernel counts all of the one uid: what user may have must not be missing from a cell.
                context.layout.limits.secure.processes += context.layout.limits.user.processes
                return .kept(try kept(configuration, context, isProbe: isProbe))
            case .none: return .open
            }
        } catch let error as HelperFailure {
            // The next mode begins as this one did.
            context.layout = layout
            context.groups = nil
            throw HelloReply.ProbeFailure(stage: error.stage, errno: error.errno, remedy: Remedy.text(error))
        }
    }

    /// Makes the three namespaces and proves each by a child that goes through every step but execve.
    private static func namespaces(
        _ configuration: HelperConfiguration,
        _ store: DescriptorStore,
        _ context: inout SpawnContext,
        _ group: OwnGroup,
        _ container: ContainerLimits
    ) throws -> (NamespaceSet, ControlGroups.Failure?) {
        guard cns_is_directory(configuration.workspace) != 0 else {
            throw HelperFailure(.stepFailed, stage: .workspace, errno: ENOENT)
        }
        do {
            try store.add(identityMap: try identityMap(configuration.ids))
            context.layout.descriptors = store.layout
            context.layout.sharing = .idmapped
        } catch {
            Log.warning("no user namespace for the workspace's map: \(SystemError(errno: error.errno))")
        }
        var groupFailure: ControlGroups.Failure?
        do throws(ControlGroups.Failure) {
            let plan = ControlGroupPlan(configuration, context.layout.limits, containerMemory: container.memory)
            if let failure = group.failure { throw failure }
            if let directory = group.directory { context.groups = try ControlGroups(in: directory, plan) }
        } catch {
            guard configuration.cgroups != .required else {
                throw ConfigurationError("cgroups: \(error.reason); see Docs/Deployment.md, or set 'auto'")
            }
            groupFailure = error
        }
        let set: NamespaceSet
        do throws(HelperFailure) {
            set = try NamespaceSet(context)
        } catch {
            let isOfGroups = error.stage == .clone || error.stage == .controlGroup
            if error.stage == .workspace, context.layout.sharing == .idmapped {
                // overlayfs, network file systems: not every file system can be idmapped.
                context.layout.sharing = .group
            } else if isOfGroups, context.groups != nil, configuration.cgroups == .auto {
                groupFailure = ControlGroups.Failure(step: "starting a process in a group", errno: error.errno)
                context.groups = nil
            } else {
                throw error
            }
            set = try NamespaceSet(context)
        }
        for namespace in [SandboxNamespace.user, .secure] { try prove(namespace, set, context) }
        return (set, groupFailure)
    }

    private static func prove(
        _ namespace: SandboxNamespace,
        _ set: NamespaceSet,
        _ context: borrowing SpawnContext
    )
        throws(HelperFailure)
    {
        let launch = try CommandLaunch(probe(context), in: namespace, set, context, image: CommandImage())
        var spawned = launch.spawned
        spawned.report.drainToEnd(timeoutMilliseconds: RunningNamespace.timeoutMilliseconds)
        spawned.child.signal(SIGKILL)
        var end = cns_end()
        _ = cns_reap(spawned.child.pid, 1, &end)
        if let failure = spawned.report.outcome { throw failure }
    }

    /// A command that ends where its program would start.
    private static func probe(_ context: borrowing SpawnContext) -> ChildPlan.Command {
        let null = context.layout.descriptors.null
        return ChildPlan.Command(
            program: .probe,
            workingDirectory: Array(context.layout.workspace.utf8),
            streams: [null, null, null]
        )
    }

    /// Makes what modes `users` and `landlock` need, and proves `user` and a cell by children that go through every step but
    /// execve.
    private static func kept(
        _ configuration: HelperConfiguration,
        _ context: borrowing SpawnContext,
        isProbe: Bool
    ) throws(HelperFailure) -> KeptSpaces {
        guard cns_is_directory(configuration.workspace) != 0 else {
            throw HelperFailure(.stepFailed, stage: .workspace, errno: ENOENT)
        }
        let spaces = try KeptSpaces(configuration, context, isProbe: isProbe)
        let cell = try spaces.takeCell()
        for identity in [nil, cell] {
            let launch = try CommandLaunch(probe(context), as: identity, spaces, context, image: CommandImage())
            var spawned = launch.spawned
            spawned.report.drainToEnd(timeoutMilliseconds: RunningNamespace.timeoutMilliseconds)
            var end = cns_end()
            _ = cns_reap(spawned.child.pid, 1, &end)
            if let failure = spawned.report.outcome { throw failure }
            // The keeper's own work belongs to the proof.
            guard end.status == 0 else { throw HelperFailure(.stepFailed, stage: .probe, errno: EIO) }
        }
        spaces.giveBack(cell, isClean: true)
        return spaces
    }

    private static func identityMap(_ ids: SandboxIdentities) throws(HelperFailure) -> OwnedDescriptor {
        guard let uids = TextFile.read("/proc/self/uid_map"), let gids = TextFile.read("/proc/self/gid_map") else {
            throw HelperFailure(.stepFailed, stage: .identityMap, errno: ENOENT)
        }
        return try IdentityMap.userNamespace(
            uids: IdentityMap.swapping(ids.user, ids.secure, available: IdentityMap.available(inMap: uids)),
            gids: IdentityMap.unchanged(available: IdentityMap.available(inMap: gids))
        )
    }

    private static func layout(
        _ configuration: HelperConfiguration,
        _ identities: SandboxIdentities,
        _ store: DescriptorStore,
        _ container: ContainerLimits
    ) throws -> SandboxLayout {
        var resolved = configuration
        resolved.workspace = ServerProgram.realPath(configuration.workspace) ?? configuration.workspace
        if let contradiction = resolved.contradiction() { throw contradiction }
        let socketDirectory = Startup.parent(of: configuration.socket)
        // Below these, `control` has private file systems too and needs the directory back.
        let isCovered =
            ["/run/", "/tmp/", "/var/tmp/", "/home/"].contains { (socketDirectory + "/").hasPrefix($0) }
            && cns_is_directory(socketDirectory) != 0
        return SandboxLayout(
            ids: identities,
            workspace: resolved.workspace,
            sharing: .group,
            sizes: configuration.sizes,
            hiddenPaths: try HiddenPaths.resolve(configuration),
            socketDirectory: isCovered ? socketDirectory : nil,
            limits: SandboxLimits(
                configuration,
                ownScore: TextFile.read("/proc/self/oom_score_adj").flatMap { Int($0.filter { !$0.isWhitespace }) }
                    ?? 0,
                containerProcesses: container.processes
            ),
            dropsBounding: SelfCheck.holds("SETPCAP"),
            landlockVersion: cns_landlock_version(),
            keepsFromSwap: cns_keeps_from_swap() != 0,
            cellsListen: configuration.cellsListen,
            homes: withoutLinks(configuration.homes.isEmpty ? socketDirectory + "/homes" : configuration.homes),
            userKeeper: configuration.cellUID,
            descriptors: store.layout
        )
    }
}
