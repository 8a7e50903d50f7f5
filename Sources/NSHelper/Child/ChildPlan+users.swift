import HelperProtocol

/// The plans of modes `users` and `landlock`: no namespace, and therefore a uid, or where there is but one a Landlock domain,
/// for everybody who must not reach somebody else.
extension ChildPlan {
    /// The file agent: acts with the user's identity, but by its real uid, which nobody else in the sandbox has, it is
    /// out of reach of the user's signals and debuggers (kill(2), ptrace(2)).
    static func fileAgent(uidsOf command: Command, status: Int32, _ layout: SandboxLayout) -> [Step] {
        [.title("ns-shepherd")] + prologue
            // Sees what user code sees, from a domain that user code is not in.
            + (userRules(layout).map { [.landlock($0)] } ?? [])
            + [.subreaper, .forkInit(reaper(status, layout) + [.shepherd(status: 3)])]
            + start(
                command,
                outOfMemoryScore: score(layout.limits.user, layout),
                nice: layout.limits.user.nice,
                limits: ResourceLimit.user(layout.limits.user)
            )
            + become(uid: layout.userKeeper, effective: layout.ids.user, gid: layout.ids.workspaceGroup, layout)
            + finish(command, mask: mask(layout), filter: userFilter(layout))
    }

    /// A command with credentials: a uid of its own while it runs, a directory of its own, and a keeper that leaves
    /// nothing of either.
    static func cell(
        _ command: Command,
        status: Int32,
        as cell: CellIdentity,
        _ layout: SandboxLayout
    ) -> [Step] {
        #if WEAKENED
            let cell = Weakness.cell(cell, layout)
        #endif
        return [.title("ns-keeper cell")] + prologue + ownDirectory(of: cell, layout) + keeperDomain(layout)
            + [.subreaper, .forkInit(keeper(status, cell, layout, endsAtOnce: false))]
            + start(
                command,
                outOfMemoryScore: score(layout.limits.secure, layout),
                nice: layout.limits.secure.nice,
                limits: ResourceLimit.secure(layout.limits.secure)
            )
            + become(uid: cell.uid, gid: layout.ids.workspaceGroup, layout)
            + [.makeDirectory(cell.home, mode: 0o700), .makeDirectory(cell.temporary, mode: 0o700)]
            + finish(
                command,
                mask: mask(layout),
                filter: layout.granted == nil ? .userCell : .domainCell,
                landlock: landlock(cell, layout),
                sharesUID: layout.granted != nil,
                listens: layout.cellsListen
            )
    }

    /// Ends whatever runs under a keeper's uid and removes its directory: after a keeper that was killed, or in a place
    /// that an earlier helper has left.
    static func sweep(status: Int32, _ cell: CellIdentity, _ layout: SandboxLayout) -> [Step] {
        [.title("ns-keeper sweep")] + prologue + keeperDomain(layout) + [.subreaper]
            + keeper(status, cell, layout, endsAtOnce: true)
    }

    /// Keeps the uid `user`, or its domain: with it ends everything of that, also when the helper dies.
    static func userKeeper(status: Int32, _ user: CellIdentity, _ layout: SandboxLayout) -> [Step] {
        [.title("ns-keeper user")] + prologue + ownDirectory(of: user, layout) + [.subreaper]
            + keeper(status, user, layout, endsAtOnce: false)
    }

    /// Makes the directory of all home directories. The control group may change entries, for the keepers have it;
    /// everybody may pass.
    static func homes(_ layout: SandboxLayout) -> [Step] {
        prologue + ownHomes(layout) + [.exit(0)]
    }

    private static func ownHomes(_ layout: SandboxLayout) -> [Step] {
        let (uid, mode): (UInt32, UInt32) = layout.granted == nil ? (0, 0o731) : (layout.ids.user, 0o700)
        return [.ownDirectory(layout.homes, uid: uid, gid: layout.ids.controlGroup, mode: mode)]
    }

    private static func ownDirectory(of cell: CellIdentity, _ layout: SandboxLayout) -> [Step] {
        // Where there is but one uid, user code may have taken the right to enter away (chmod(2)).
        (layout.granted == nil ? [] : ownHomes(layout))
            + [.ownDirectory(cell.directory, uid: cell.uid, gid: layout.ids.controlGroup, mode: 0o700)]
    }

    /// Not bound to its parent's life: it watches the lifeline instead, because it has work to do when that ends.
    private static func keeper(
        _ status: Int32,
        _ cell: CellIdentity,
        _ layout: SandboxLayout,
        endsAtOnce: Bool
    ) -> [Step] {
        let null = layout.descriptors.null
        return [.newSession, .descriptors([null, null, null, status, layout.descriptors.lifeline])]
            + become(
                uid: cell.keeper,
                effective: cell.uid,
                gid: layout.ids.controlGroup,
                layout,
                diesWithParent: false
            )
            // Outside of a domain of its own it would end the pair.
            + (layout.granted == nil ? [] : [.verifyDomain])
            + [
                .noNewPrivileges, .filter(.keeper),
                .keep(status: 3, lifeline: 4, directory: cell.directory, endsAtOnce: endsAtOnce),
            ]
    }

    /// What a cell writes lies in the workspace or goes away with it.
    private static func landlock(_ cell: CellIdentity, _ layout: SandboxLayout) -> LandlockRules? {
        guard layout.landlockVersion >= 1 else { return nil }
        let own = [cell.directory, layout.workspace]
        return LandlockRules(
            version: layout.landlockVersion,
            readable: layout.granted.map { $0 + own },
            // In /proc the one uid could write to others' files.
            writable: own + (layout.granted == nil ? ["/proc"] : []) + ["/dev/pts"] + writableDevices,
            forbidsBinding: !layout.cellsListen
        )
    }

    private static let writableDevices = ["null", "zero", "full", "random", "urandom", "tty", "ptmx"].map {
        "/dev/" + $0
    }
}
