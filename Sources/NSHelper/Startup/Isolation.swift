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

    private init(
        mode: RunningMode,
        context: consuming SpawnContext,
        store: DescriptorStore,
        failure: HelloReply.ProbeFailure?
    ) {
        self.mode = mode
        self.context = context
        self.store = store
        self.failure = failure
    }

    /// Tries the whole sequence, not a capability bit: seccomp, AppArmor, SELinux, a user namespace or a
    /// masked /proc each break single steps of it.
    static func establish(
        _ configuration: HelperConfiguration,
        identities: SandboxIdentities,
        isPrivileged: Bool
    )
        throws -> Isolation
    {
        let store = try DescriptorStore()
        let own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)
        guard own >= 0 else { throw ConfigurationError("/proc/self/ns/pid cannot be opened: mount /proc") }
        let layout = try layout(configuration, identities, store)
        var context = SpawnContext(
            layout: layout,
            filters: try FilterSet(),
            ownPIDNamespace: OwnedDescriptor(adopting: own)
        )
        if configuration.isolation == IsolationMode.none {
            context.layout.sharing = isPrivileged ? .group : .sameOwner
            return Isolation(mode: .open, context: context, store: store, failure: nil)
        }

        var failure = SelfCheck.failure()
        if failure == nil {
            do {
                let set = try namespaces(configuration, store, &context)
                return Isolation(mode: .namespaces(set), context: context, store: store, failure: nil)
            } catch {
                failure = .init(stage: error.stage, errno: error.errno, remedy: Remedy.text(error))
            }
        }
        // Only `auto` may run weaker than asked.
        let fallback: RunningMode = configuration.isolation == nil ? .open : .unavailable
        context.layout.sharing = isPrivileged ? .group : .sameOwner
        return Isolation(mode: fallback, context: context, store: store, failure: failure)
    }

    /// Makes the three namespaces and proves each by a child that goes through every step but execve.
    private static func namespaces(
        _ configuration: HelperConfiguration,
        _ store: DescriptorStore,
        _ context: inout SpawnContext
    ) throws(HelperFailure) -> NamespaceSet {
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
        let set: NamespaceSet
        do {
            set = try NamespaceSet(context)
        } catch {
            guard error.stage == .workspace, context.layout.sharing == .idmapped else { throw error }
            // overlayfs, network file systems: not every file system can be idmapped.
            context.layout.sharing = .group
            set = try NamespaceSet(context)
        }
        for namespace in [SandboxNamespace.user, .secure] { try prove(namespace, set, context) }
        return set
    }

    private static func prove(
        _ namespace: SandboxNamespace,
        _ set: NamespaceSet,
        _ context: borrowing SpawnContext
    )
        throws(HelperFailure)
    {
        let null = context.layout.descriptors.null
        let command = ChildPlan.Command(
            program: .probe,
            workingDirectory: Array(context.layout.workspace.utf8),
            streams: [null, null, null]
        )
        let launch = try CommandLaunch(command, in: namespace, set, context, image: CommandImage())
        var spawned = launch.spawned
        spawned.report.drainToEnd(timeoutMilliseconds: RunningNamespace.timeoutMilliseconds)
        spawned.child.signal(SIGKILL)
        var end = cns_end()
        _ = cns_reap(spawned.child.pid, 1, &end)
        if let failure = spawned.report.outcome { throw failure }
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
        _ store: DescriptorStore
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
            userProcesses: configuration.userProcesses,
            dropsBounding: SelfCheck.holds("SETPCAP"),
            hasLandlockScopes: cns_landlock_version() >= 6,
            descriptors: store.layout
        )
    }
}
