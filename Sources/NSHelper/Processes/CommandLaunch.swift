import HelperProtocol
import HelperTransport

/// The clone of one command: in the user namespace, in a cell, or in the open.
struct CommandLaunch: ~Copyable {
    let spawned: Spawner.Spawned
    /// The helper's end of the socket to the command's parent: its shepherd, or its cell's pid 1.
    let status: OwnedDescriptor
    let isCell: Bool

    /// In one of the namespaces. This is the seam for cells made in advance.
    init(
        _ command: ChildPlan.Command,
        in namespace: SandboxNamespace,
        _ set: NamespaceSet,
        _ context: borrowing SpawnContext,
        image: borrowing CommandImage,
        isHidden: Bool = false
    ) throws(HelperFailure) {
        guard let running = set.open(namespace) else { throw HelperFailure(.namespaceDown) }
        let sockets = try Self.sockets()
        let isCell = namespace == .secure
        let plan = isHidden ? ChildPlan.fileAgent : isCell ? ChildPlan.cell : ChildPlan.user
        let spawned = try Spawner.spawn(
            plan(command, sockets.far.rawValue, running.descriptors, context.layout),
            kind: isCell ? .cell : .plain,
            // A hidden command sees the namespace's files; nobody in the namespace sees it.
            pidNamespace: isHidden ? nil : running.pidDescriptor,
            group: running.group,
            context: context,
            image: image
        )
        self.init(spawned: spawned, status: sockets.consumeNear(), isCell: isCell)
    }

    /// In mode `none`.
    init(
        open command: ChildPlan.Command,
        identity: (uid: UInt32, gid: UInt32)?,
        _ context: borrowing SpawnContext,
        image: borrowing CommandImage
    ) throws(HelperFailure) {
        let sockets = try Self.sockets()
        let spawned = try Spawner.spawn(
            ChildPlan.open(command, status: sockets.far.rawValue, identity: identity, context.layout),
            kind: .plain,
            pidNamespace: nil,
            context: context,
            image: image
        )
        self.init(spawned: spawned, status: sockets.consumeNear(), isCell: false)
    }

    private init(spawned: consuming Spawner.Spawned, status: consuming OwnedDescriptor, isCell: Bool) {
        self.spawned = spawned
        self.status = status
        self.isCell = isCell
    }

    private static func sockets() throws(HelperFailure) -> RecordChannel.Pair {
        do { return try RecordChannel.pair() } catch {
            throw HelperFailure(.stepFailed, stage: .report, errno: error.errno)
        }
    }
}
