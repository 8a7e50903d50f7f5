import CNamespaceShim
import HelperProtocol
import HelperTransport

extension ServiceLoop {
    /// A full process table or an exhausted kernel passes; what user code may have done to a directory above
    /// a covered path may not.
    static let firstRenewal: UInt64 = 500_000
    static let longestRenewal: UInt64 = 30_000_000

    /// Deals with the end of a process that may have been a namespace's init.
    func namespaceEnded(_ pid: Int32, in set: NamespaceSet) {
        if set.bury(initPID: pid) { return }
        guard let namespace = set.namespace(ofInit: pid) else { return }
        let isAwaited = pendingResets.contains { $0.namespace == namespace }
        set.remove(namespace)
        // These did not die with the init, and would go on showing the files of a namespace that is gone.
        kill(commands.all.filter { $0.isHidden && $0.namespace == namespace })
        guard stopDeadlineMicroseconds == nil else { return }
        if !isAwaited {
            Log.warning("the init of namespace \(namespace.name) has died; making the namespace anew")
        }
        tryRenew(namespace, in: set)
    }

    /// Makes a removed namespace anew and says so; if that fails, tries again later. Until it succeeds,
    /// commands for it are refused: nothing falls back to something weaker.
    func tryRenew(_ namespace: SandboxNamespace, in set: NamespaceSet) {
        do {
            try set.renew(namespace, isolation.context)
        } catch {
            Log.error(
                "namespace \(namespace.name) cannot be made again yet: step '\(error.stage.name)' failed "
                    + "(\(SystemError(errno: error.errno)))"
            )
            let failed = pendingResets.filter { $0.namespace == namespace }
            pendingResets.removeAll { $0.namespace == namespace }
            for reset in failed { reply(.failed(HelperFailure(.namespaceDown)), to: reset) }
            let delay = min(renewals[namespace].map { $0.delay * 2 } ?? Self.firstRenewal, Self.longestRenewal)
            renewals[namespace] = (cns_monotonic_microseconds() + delay, delay)
            return
        }
        renewals[namespace] = nil
        let event = HelperEvent.namespaceReset(namespace, generation: set.generation(namespace))
        for connection in connections.values where connection.isGreeted && !connection.event(event) {
            close(connection)
        }
    }

    /// Answers those whose namespace stands again, and whose killed commands have said that they are over.
    func answerResets() {
        guard !pendingResets.isEmpty, case .namespaces(let set) = isolation.mode else { return }
        let now = cns_monotonic_microseconds()
        for index in pendingResets.indices where pendingResets[index].deadlineMicroseconds.map({ $0 <= now }) ?? false {
            pendingResets[index].deadlineMicroseconds = nil
        }
        let due = pendingResets.filter { reset in
            set[reset.namespace] != nil && set.generation(reset.namespace) >= reset.generation
                && (reset.deadlineMicroseconds == nil || !(reset.killedInit.map { set.isDying(initPID: $0) } ?? false))
                && !reset.commands.contains { commands.command($0) != nil }
        }
        pendingResets.removeAll { reset in
            due.contains { $0.connection == reset.connection && $0.request == reset.request }
        }
        for reset in due { reply(.reset(generation: set.generation(reset.namespace)), to: reset) }
    }

    private func reply(_ reply: HelperReply, to reset: PendingReset) {
        guard let connection = connections[reset.connection] else { return }
        if !connection.reply(reply, to: reset.request) { close(connection) }
    }
}
