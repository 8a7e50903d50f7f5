import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// What is special about modes `users` and `landlock`.
extension ServiceLoop {
    /// Whether the end of a command's parent was that of a keeper which did not get to its end; then a sweeper has taken
    /// its place, and the command is over when that is.
    func isSwept(_ command: RunningCommand, after end: cns_end) -> Bool {
        guard end.status != 0, !command.isSwept, let cell = command.cell, case .kept(let spaces) = isolation.mode else {
            return false
        }
        if Self.mayHaveLeftStrays(end) { endStrays(in: spaces) }
        guard let sweeper = spaces.sweeper(after: cell, isolation.context) else { return false }
        command.sweep(by: sweeper)
        return true
    }

    /// The keeper of `user` has ended, because of a reset or because somebody outside has killed it.
    func userKeeperEnded(_ end: cns_end, in spaces: KeptSpaces) {
        guard stopDeadlineMicroseconds == nil, exitStatus == nil else { return }
        if uidResets[.user] == nil {
            Log.warning("the keeper of user has ended; everything of user is ended and made anew")
            kill(commands.all.filter { $0.namespace == .user })
            uidResets[.user] = []
        }
        if Self.mayHaveLeftStrays(end) { endStrays(in: spaces) }
        renewUserKeeper(in: spaces) { () throws(HelperFailure) in try spaces.keeperEnded(end, isolation.context) }
    }

    /// User code has ended the forker, and nobody can be born into its domain any more: `user` begins anew.
    func forkerEnded(in spaces: KeptSpaces) {
        guard stopDeadlineMicroseconds == nil, exitStatus == nil else { return }
        Log.warning("user code has ended the forker of user; everything of user is ended and made anew")
        uidResets[.user] = uidResets[.user] ?? []
        resetUIDs(of: .user, in: spaces)
    }

    /// A keeper that exits with 1 could not remove the directory, but has ended everybody first (`cns_keep`).
    private static func mayHaveLeftStrays(_ end: cns_end) -> Bool { end.status != 0 && end.status != 1 << 8 }

    /// In mode `landlock` nobody can follow a killed keeper into its domain. But whom it leaves has become a child of this
    /// process: ends all children that are nobody else's, and all below them. What earlier commands of `user` have left
    /// in the background goes with them.
    private func endStrays(in spaces: KeptSpaces) {
        guard spaces.mode == .landlock else { return }
        Log.warning("a keeper was killed; processes without a parent of their own are ended")
        var known = Set(commands.all.map(\.childPID) + spaces.children)
        if let server { known.insert(server.pid) }
        if let jupyter { known.insert(jupyter.pid) }
        TreeKiller.kill(childrenOf: getpid(), but: known)
    }

    /// Starts who comes after a keeper; if that fails, tries again ever more rarely, with a line in the log when something
    /// changes: what user code has done to a directory may last as long as the pair.
    func renewUserKeeper(in spaces: KeptSpaces, _ start: () throws(HelperFailure) -> Void) {
        do {
            try start()
            if spaces.isUserOpen {
                if userFailure != nil { Log.notice("user has been made again") }
                userFailure = nil
                renewals[.user] = nil
            } else {
                // A sweeper is at work, and its end decides.
                renewals[.user]?.deadline = .max
            }
        } catch {
            if userFailure != error {
                Log.error(
                    "user cannot be made again yet: step '\(error.stage.name)' failed (\(SystemError(errno: error.errno)))"
                )
            }
            userFailure = error
            // Nobody waits for what may never be; that it stands again is told to all.
            let waiting = uidResets.updateValue([], forKey: .user) ?? []
            for (connectionID, request) in waiting {
                guard let connection = connections[connectionID] else { continue }
                if !connection.reply(.failed(HelperFailure(.namespaceDown)), to: request) { close(connection) }
            }
            let delay = min(renewals[.user].map { $0.delay * 2 } ?? Self.firstRenewal, Self.longestRenewal)
            renewals[.user] = (cns_monotonic_microseconds() + delay, delay)
        }
        finishResetsOfUIDs()
    }

    /// Ends everything of a namespace's uids; the reply follows when it is gone.
    func resetUIDs(of namespace: SandboxNamespace, in spaces: KeptSpaces) {
        kill(commands.all.filter { $0.namespace == namespace })
        if namespace == .user { spaces.endUser() }
        finishResetsOfUIDs()
    }

    /// Completes the resets after which nothing is left.
    func finishResetsOfUIDs() {
        guard case .kept(let spaces) = isolation.mode else { return }
        for namespace in [SandboxNamespace.user, .secure] where uidResets[namespace] != nil {
            guard commands.running(in: namespace) == 0, namespace != .user || spaces.isUserOpen else { continue }
            spaces.renewed(namespace)
            announceReset(of: namespace, generation: spaces.generation(namespace))
        }
    }

    /// Answers who asked for a reset that is done, and tells everybody.
    private func announceReset(of namespace: SandboxNamespace, generation: UInt32) {
        for (connectionID, request) in uidResets.removeValue(forKey: namespace) ?? [] {
            guard let connection = connections[connectionID] else { continue }
            if !connection.reply(.reset(generation: generation), to: request) { close(connection) }
        }
        let event = HelperEvent.namespaceReset(namespace, generation: generation)
        for connection in connections.values where connection.isGreeted && !connection.event(event) {
            close(connection)
        }
    }

    /// The rows of `status`: two, for nothing is special about control here.
    func rows(_ spaces: KeptSpaces) -> [StatusReply.Namespace] {
        [SandboxNamespace.user, .secure].map { namespace in
            StatusReply.Namespace(
                namespace: namespace,
                generation: spaces.generation(namespace),
                isAlive: namespace != .user || spaces.isUserOpen,
                running: UInt32(commands.running(in: namespace))
            )
        }
    }
}
