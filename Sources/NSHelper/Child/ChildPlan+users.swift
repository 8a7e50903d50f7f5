import HelperProtocol

/// The plans of mode `users`: no namespace, and therefore a uid for everybody who must not reach somebody else.
extension ChildPlan {
    /// The file agent: acts with the user's identity, but by its real uid, which nobody else in the sandbox has, it is
    /// out of reach of the user's signals and debuggers (kill(2), ptrace(2)).
    static func fileAgent(uidsOf command: Command, status: Int32, _ layout: SandboxLayout) -> [Step] {
        [.title("ns-shepherd")] + prologue
            + [.subreaper, .forkInit(reaper(status, layout) + [.shepherd(status: 3)])]
            + start(
                command,
                outOfMemoryScore: layout.limits.user.outOfMemoryScore,
                nice: layout.limits.user.nice,
                limits: ResourceLimit.user(layout.limits.user)
            )
            + dropPrivileges(
                uid: layout.userKeeper,
                effective: layout.ids.user,
                gid: layout.ids.workspaceGroup,
                dropsBounding: layout.dropsBounding
            )
            + finish(command, mask: 0o002, filter: .user)
    }

    /// A command with credentials: a uid of its own while it runs, a directory of its own, and a keeper that leaves
    /// nothing of either.
    static func cell(
        _ command: Command,
        status: Int32,
        as cell: CellIdentity,
        _ layout: SandboxLayout
    ) -> [Step] {
        [.title("ns-keeper cell")] + prologue + ownDirectory(of: cell, layout)
            + [.subreaper, .forkInit(keeper(status, cell, layout, endsAtOnce: false))]
            + start(
                command,
                outOfMemoryScore: layout.limits.secure.outOfMemoryScore,
                nice: layout.limits.secure.nice,
                limits: ResourceLimit.secure(layout.limits.secure)
            )
            + dropPrivileges(uid: cell.uid, gid: layout.ids.workspaceGroup, dropsBounding: layout.dropsBounding)
            + [.makeDirectory(cell.home, mode: 0o700), .makeDirectory(cell.temporary, mode: 0o700)]
            + finish(command, mask: 0o002, filter: .userCell, landlock: landlock(cell, layout))
    }

    /// Ends whatever runs under a keeper's uid and removes its directory: after a keeper that was killed, or in a place
    /// that an earlier helper has left.
    static func sweep(status: Int32, _ cell: CellIdentity, _ layout: SandboxLayout) -> [Step] {
        [.title("ns-keeper sweep")] + prologue + [.subreaper] + keeper(status, cell, layout, endsAtOnce: true)
    }

    /// Keeps the uid `user`: with it ends everything of that uid, also when the helper dies.
    static func userKeeper(status: Int32, _ user: CellIdentity, _ layout: SandboxLayout) -> [Step] {
        [.title("ns-keeper user")] + prologue + ownDirectory(of: user, layout) + [.subreaper]
            + keeper(status, user, layout, endsAtOnce: false)
    }

    /// Makes the directory of all home directories. The control group may change entries, for the keepers have it;
    /// everybody may pass.
    static func homes(_ layout: SandboxLayout) -> [Step] {
        prologue + [
            .ownDirectory(layout.homes, uid: 0, gid: layout.ids.controlGroup, mode: 0o731), .exit(0),
        ]
    }

    private static func ownDirectory(of cell: CellIdentity, _ layout: SandboxLayout) -> [Step] {
        [.ownDirectory(cell.directory, uid: cell.uid, gid: layout.ids.controlGroup, mode: 0o700)]
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
            + dropPrivileges(
                uid: cell.keeper,
                effective: cell.uid,
                gid: layout.ids.controlGroup,
                dropsBounding: layout.dropsBounding,
                diesWithParent: false
            )
            + [
                .noNewPrivileges, .filter(.keeper),
                .keep(status: 3, lifeline: 4, directory: cell.directory, endsAtOnce: endsAtOnce),
            ]
    }

    /// What a cell writes lies in the workspace or goes away with it.
    private static func landlock(_ cell: CellIdentity, _ layout: SandboxLayout) -> LandlockRules? {
        guard layout.landlockVersion >= 1 else { return nil }
        return LandlockRules(
            version: layout.landlockVersion,
            writable: [cell.directory, layout.workspace, "/proc", "/dev/pts"] + writableDevices
        )
    }

    private static let writableDevices = ["null", "zero", "full", "random", "urandom", "tty", "ptmx"].map {
        "/dev/" + $0
    }
}
