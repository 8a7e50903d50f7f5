import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// Modes `users` and `landlock` at work: what stands there in the place of namespaces.
final class KeptSpaces {
    /// Who is behind the uid `user` or its domain, or is sweeping after a keeper that was killed.
    private struct Keeper: ~Copyable {
        let child: Child
        let status: OwnedDescriptor?
    }

    /// `users` or `landlock`.
    let mode: IsolationMode
    private(set) var pool: UIDPool
    private let user: CellIdentity
    private var keeper: Keeper?
    /// Who clones the commands of `user` in mode `landlock`.
    private(set) var forker: Forker?
    private var isDying = false
    /// What stands in the keeper's place is a sweeper; or there is none, and a sweeper has to come first.
    private var isSweeping = false
    private var generations: [SandboxNamespace: UInt32] = [.user: 1, .secure: 1]
    /// How long making everything took at start.
    let setupMicroseconds: UInt64
    private let homes: String
    /// The directory of the home directories, locked: a second helper in the same place would end this one's commands.
    private let lock: OwnedDescriptor

    /// Makes the directory of the home directories, sweeps what an earlier helper has left in it, and starts the keeper of
    /// `user`.
    ///
    /// - Parameter isProbe: The keeper of `user` has a uid of the pool. It ends everything of its uid, and that of `user` may
    ///   belong to a pair that is running here.
    init(
        _ configuration: HelperConfiguration,
        _ context: borrowing SpawnContext,
        isProbe: Bool
    ) throws(HelperFailure) {
        let begin = cns_monotonic_microseconds()
        mode = context.layout.granted == nil ? .users : .landlock
        homes = context.layout.homes
        pool = UIDPool(
            first: configuration.cellUID,
            slots: configuration.cellSlots,
            directory: homes,
            everyone: mode == .landlock ? context.layout.ids.user : nil
        )
        let (uid, keeper) = (context.layout.ids.user, context.layout.userKeeper)
        let stranger = isProbe ? pool.all.last : nil
        user = CellIdentity(
            uid: stranger?.uid ?? uid,
            keeper: stranger?.keeper ?? keeper,
            directory: homes + "/user"
        )
        guard try Self.runToEnd(ChildPlan.homes(context.layout), context) == 0 else {
            throw HelperFailure(.stepFailed, stage: .makeDirectory, errno: EPERM)
        }
        lock = OwnedDescriptor(adopting: open(homes, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard lock.rawValue >= 0, flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            throw HelperFailure(.stepFailed, stage: .probe, errno: errno)
        }
        let null = context.layout.descriptors.null
        for identity in [user] + pool.all where identity == user || access(identity.directory, F_OK) == 0 {
            guard try Self.runToEnd(ChildPlan.sweep(status: null, identity, context.layout), context) == 0 else {
                Log.error("'\(identity.directory)' holds what an earlier run has left, and cannot be removed")
                throw HelperFailure(.stepFailed, stage: .makeDirectory, errno: ENOTEMPTY)
            }
        }
        setupMicroseconds = cns_monotonic_microseconds() - begin
        try startKeeper(context)
    }

    /// Runs steps to their end; returns the wait(2) status.
    private static func runToEnd(_ steps: [Step], _ context: borrowing SpawnContext) throws(HelperFailure) -> Int32 {
        let image = CommandImage()
        var spawned = try Spawner.spawn(steps, kind: .plain, pidNamespace: nil, context: context, image: image)
        spawned.report.drainToEnd(timeoutMilliseconds: RunningNamespace.timeoutMilliseconds)
        var end = cns_end()
        _ = cns_reap(spawned.child.pid, 1, &end)
        if let failure = spawned.report.failure { throw failure }
        return end.status
    }

    private func startKeeper(_ context: borrowing SpawnContext) throws(HelperFailure) {
        let sockets = try CommandLaunch.sockets()
        let image = CommandImage()
        endForker()
        let rules = ChildPlan.userRules(context.layout)
        if rules != nil {
            let forker = try Forker()
            self.forker = forker
            // The keeper is born into this one, and everything else into one inside of it.
            try forker.enter(LandlockRules(version: context.layout.landlockVersion), context)
        }
        var spawned = try Spawner.spawn(
            ChildPlan.userKeeper(status: sockets.far.rawValue, user, context.layout),
            kind: .plain,
            pidNamespace: nil,
            forker: forker,
            context: context,
            image: image
        )
        spawned.report.drainToEnd(timeoutMilliseconds: RunningNamespace.timeoutMilliseconds)
        let failure = spawned.report.failure
        let child = spawned.takeChild()
        if let failure {
            child.signal(SIGKILL)
            var end = cns_end()
            _ = cns_reap(child.pid, 1, &end)
            throw failure
        }
        keeper = Keeper(child: child, status: sockets.consumeNear())
        #if WEAKENED
            let isOpen = Weakness.lacks(.userDomain)
        #else
            let isOpen = false
        #endif
        if let rules, !isOpen { try forker?.enter(rules, context) }
        isDying = false
        isSweeping = false
    }

    // MARK: - user

    /// Home directory of commands in `user`.
    var userHome: String { user.directory }

    /// Whether commands can be started as `user`.
    var isUserOpen: Bool { keeper != nil && !isDying }

    func isKeeper(_ pid: pid_t) -> Bool { keeperPID == pid }

    private var keeperPID: pid_t? {
        switch keeper {
        case .some(let keeper): keeper.child.pid
        case .none: nil
        }
    }

    /// Those of the helper's children that belong to this.
    var children: [pid_t] { [keeperPID, forker?.pid].compactMap { $0 } }

    /// Ends the forker, where there is one.
    private func endForker() {
        forker?.end()
        forker = nil
    }

    /// Asks everybody of the uid `user` to end.
    func terminateUser() { tell(CNS_KEEPER_TERMINATE) }

    /// Ends everybody of the uid `user`, or of its domain, and then the keeper, which takes the home directory along.
    func endUser() {
        isDying = true
        // It is in the domain as well, and would be missed less later.
        endForker()
        tell(CNS_KEEPER_END)
    }

    private func tell(_ what: Int) {
        switch keeper {
        case .some(let keeper): if let status = keeper.status.number { _ = cns_tell_keeper(status, CChar(what)) }
        case .none: break
        }
    }

    /// Notes that the keeper, or the sweeper in its place, has been reaped, and starts the next: a keeper, or first a
    /// sweeper after one that was killed.
    func keeperEnded(_ end: cns_end, _ context: borrowing SpawnContext) throws(HelperFailure) {
        keeper = nil
        // What a sweeper could not remove, the next one cannot at once either.
        if isSweeping, end.status != 0 {
            throw HelperFailure(.stepFailed, stage: .makeDirectory, errno: ENOTEMPTY)
        }
        isSweeping = end.status != 0
        try renewUser(context)
    }

    /// Starts who comes next; also tries again what `keeperEnded` could not.
    func renewUser(_ context: borrowing SpawnContext) throws(HelperFailure) {
        guard isSweeping, let sweeper = sweeper(after: user, context) else { return try startKeeper(context) }
        isDying = true
        keeper = Keeper(child: sweeper, status: nil)
    }

    /// Ends what this has started and waits for it, where no loop does.
    func takeDown() {
        endUser()
        var end = cns_end()
        if let pid = keeperPID { _ = cns_reap(pid, 1, &end) }
        remove()
    }

    /// Removes the directory of the home directories, if they are gone.
    func remove() { rmdir(homes) }

    // MARK: - secure

    /// An identity for a command with credentials.
    func takeCell() throws(HelperFailure) -> CellIdentity {
        guard let cell = pool.take() else { throw HelperFailure(.noFreeSlot) }
        return cell
    }

    /// Takes the identity of a command back that has ended, unless something may be left of it.
    func giveBack(_ cell: CellIdentity, isClean: Bool) {
        guard isClean else {
            return Log.error("'\(cell.directory)' could not be removed: uid \(cell.uid) is not used again")
        }
        pool.giveBack(cell)
    }

    /// Starts who ends and removes what a killed keeper has left; nil if that cannot be.
    func sweeper(after cell: CellIdentity, _ context: borrowing SpawnContext) -> Child? {
        let image = CommandImage()
        let steps = ChildPlan.sweep(status: context.layout.descriptors.null, cell, context.layout)
        let spawned = try? Spawner.spawn(steps, kind: .plain, pidNamespace: nil, context: context, image: image)
        switch consume spawned {
        case .some(let spawned): return spawned.takeChild()
        case .none: return nil
        }
    }

    // MARK: - generations

    func generation(_ namespace: SandboxNamespace) -> UInt32 { generations[namespace] ?? 0 }

    /// Counts a reset that is done.
    func renewed(_ namespace: SandboxNamespace) { generations[namespace, default: 0] += 1 }
}
