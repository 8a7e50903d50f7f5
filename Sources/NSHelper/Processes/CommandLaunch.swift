import HelperProtocol
import HelperTransport

/// The clone of one command: in the user namespace, in a cell, or in the open.
struct CommandLaunch: ~Copyable {
    let spawned: Spawner.Spawned
    /// The helper's end of the socket to the command's parent: its shepherd, or its cell's pid 1.
    let status: OwnedDescriptor
    let keeping: Keeping

    /// What the command's parent is, and so how everything of the command is ended.
    enum Keeping: Hashable {
        /// A shepherd: is told to stay until nobody is left, who are signalled one by one.
        case shepherd
        /// pid 1 of a namespace, with which the kernel ends all.
        case namespace
        /// A keeper, which ends everybody of a uid.
        case keeper(CellIdentity)
    }

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
        self.init(spawned: spawned, status: sockets.consumeNear(), keeping: isCell ? .namespace : .shepherd)
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
        self.init(spawned: spawned, status: sockets.consumeNear(), keeping: .shepherd)
    }

    /// In mode `users` or `landlock`: in a cell if there is one, else as `user`.
    init(
        _ command: ChildPlan.Command,
        as cell: CellIdentity?,
        _ spaces: KeptSpaces,
        _ context: borrowing SpawnContext,
        image: borrowing CommandImage,
        isHidden: Bool = false
    ) throws(HelperFailure) {
        let sockets = try Self.sockets()
        let status = sockets.far.rawValue
        let steps =
            if let cell {
                ChildPlan.cell(command, status: status, as: cell, context.layout)
            } else if isHidden {
                ChildPlan.fileAgent(uidsOf: command, status: status, context.layout)
            } else {
                ChildPlan.user(command, status: status, in: nil, context.layout)
            }
        let spawned = try Spawner.spawn(
            steps,
            kind: .plain,
            pidNamespace: nil,
            // A hidden command has the rules of user, but is not of its domain.
            forker: cell == nil && !isHidden ? spaces.forker : nil,
            context: context,
            image: image
        )
        self.init(
            spawned: spawned,
            status: sockets.consumeNear(),
            keeping: cell.map { .keeper($0) } ?? .shepherd
        )
    }

    private init(spawned: consuming Spawner.Spawned, status: consuming OwnedDescriptor, keeping: Keeping) {
        self.spawned = spawned
        self.status = status
        self.keeping = keeping
    }

    static func sockets() throws(HelperFailure) -> RecordChannel.Pair {
        do { return try RecordChannel.pair() } catch {
            throw HelperFailure(.stepFailed, stage: .report, errno: error.errno)
        }
    }
}
