import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// A namespace whose init is still mounting. Several can be under way at once.
final class StartingNamespace {
    private let namespace: SandboxNamespace
    private var spawned: Spawner.Spawned?
    private let groups: ControlGroups?
    private let group: ControlGroup?

    init(_ namespace: SandboxNamespace, _ context: borrowing SpawnContext) throws(HelperFailure) {
        self.namespace = namespace
        groups = context.groups
        group = try context.groups?.generation(namespace)
        let image = CommandImage()
        spawned = try Spawner.spawn(
            ChildPlan.namespaceInit(namespace, context.layout),
            kind: .namespaceInit,
            pidNamespace: nil,
            group: group,
            context: context,
            image: image
        )
    }

    deinit { abandon() }

    /// Waits for the init. If it failed, it is reaped and nothing is left of the namespace.
    func finish() throws(HelperFailure) -> RunningNamespace {
        spawned?.report.drainToEnd(timeoutMilliseconds: RunningNamespace.timeoutMilliseconds)
        let failure = spawned?.report.failure
        guard failure == nil, let namespaces = spawned?.report.takeNamespaces(), let done = spawned.take() else {
            abandon()
            throw failure ?? HelperFailure(.stepFailed, stage: .sendDescriptors, errno: EPROTO)
        }
        return try RunningNamespace(
            namespace,
            initProcess: done.takeChild(),
            descriptors: namespaces,
            group: group
        )
    }

    private func abandon() {
        guard let failed = spawned.take() else { return }
        failed.child.signal(SIGKILL)
        var end = cns_end()
        _ = cns_reap(failed.child.pid, 1, &end)
        if let group { groups?.retire(group) }
    }
}
