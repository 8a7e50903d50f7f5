import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

extension ServiceLoop {
    /// How long after a SIGKILL to a whole tree it is looked at again.
    private static let killAgainMicroseconds: UInt64 = 250_000

    /// Answers the spawn request of a command whose report is complete.
    func settle(_ command: RunningCommand) {
        let connection = connections[command.connection]
        if let failure = command.settle() {
            // No program was started. The child is on its way out; its slot is free when it has been reaped.
            command.killParent()
            if let connection, !connection.reply(.failed(failure), to: command.requestID) { close(connection) }
        } else if let connection {
            let reply = HelperReply.spawned(SpawnReply(handle: command.handle, pid: command.pid))
            if !connection.reply(reply, to: command.requestID, descriptor: command.takeMaster()) { close(connection) }
        } else {
            kill([command])
        }
        finishIfOver(command)
    }

    /// SIGTERM to commands and everything below them, SIGKILL to what is left after the grace time.
    func terminate(_ list: [RunningCommand], graceMilliseconds: UInt32) {
        if graceMilliseconds == 0 { return kill(list) }
        let running = list.filter { $0.end == nil }
        for command in running { command.holdShepherd() }
        TreeKiller.terminate(below: running.map(\.childPID))
        let deadline = cns_monotonic_microseconds() + UInt64(graceMilliseconds) * 1000
        for command in running {
            command.killDeadlineMicroseconds = min(command.killDeadlineMicroseconds ?? .max, deadline)
        }
    }

    /// Ends commands and everything below them now: one walk through /proc for all of them.
    func kill(_ list: [RunningCommand]) {
        var roots: [pid_t] = []
        for command in list where command.end == nil {
            // Also while it is starting: a shepherd that is killed then could leave its command behind.
            command.killDeadlineMicroseconds = cns_monotonic_microseconds() + Self.killAgainMicroseconds
            if command.isCell {
                // The kernel kills a PID namespace with its pid 1.
                command.killParent()
            } else {
                command.holdShepherd()
                roots.append(command.childPID)
            }
        }
        if !roots.isEmpty { TreeKiller.kill(below: roots) }
    }

    /// Collects every child that has ended, and deals with each according to what it was.
    func reapChildren() {
        while true {
            var end = cns_end()
            var pid: pid_t = 0
            guard cns_reap_any(&pid, &end) == 0 else { return }
            if let command = commands.command(childPID: pid) {
                command.ended(end)
                if command.reportDescriptor != nil, command.drainReport() {
                    settle(command)
                } else {
                    finishIfOver(command)
                }
            } else if server?.pid == pid {
                serverEnded(end)
            } else if jupyter?.pid == pid {
                jupyterEnded(end)
            } else if case .namespaces(let set) = isolation.mode, let namespace = set.namespace(ofInit: pid) {
                renew(namespace, in: set)
            }
            // Anybody else is an orphan from outside the namespaces: reaped, and that is all.
        }
    }

    /// Sends a command's exit event once its parent has been reaped: whatever had to end with it is gone.
    func finishIfOver(_ command: RunningCommand) {
        guard let end = command.end, command.reportDescriptor == nil else { return }
        commands.remove(command)
        defer { finishStoppingIfQuiet() }
        guard !command.hasFailed, let connection = connections[command.connection] else { return }
        if !connection.event(.processExited(command.handle, command.exitStatus(end))) { close(connection) }
    }

    /// Notes that a namespace's init is gone, and makes the namespace anew.
    private func renew(_ namespace: SandboxNamespace, in set: NamespaceSet) {
        set.remove(namespace)
        // These did not die with the init, and would go on showing the files of a namespace that is gone.
        kill(commands.all.filter { $0.isHidden && $0.namespace == namespace })
        guard stopDeadlineMicroseconds == nil else { return }
        if pendingResets[namespace] == nil {
            Log.warning("the init of namespace \(namespace.name) has died; making the namespace anew")
        }
        tryRenew(namespace, in: set)
    }

    /// Makes a removed namespace anew and says so; if that fails, tries again later. Until it succeeds,
    /// commands for it are refused: nothing falls back to something weaker.
    private func tryRenew(_ namespace: SandboxNamespace, in set: NamespaceSet) {
        do {
            try set.renew(namespace, isolation.context)
        } catch {
            Log.error(
                "namespace \(namespace.name) cannot be made again yet: step '\(error.stage.name)' failed "
                    + "(\(SystemError(errno: error.errno)))"
            )
            for (connectionID, request) in pendingResets.removeValue(forKey: namespace) ?? [] {
                guard let connection = connections[connectionID] else { continue }
                if !connection.reply(.failed(HelperFailure(.namespaceDown)), to: request) { close(connection) }
            }
            let delay = min(renewals[namespace].map { $0.delay * 2 } ?? Self.firstRenewal, Self.longestRenewal)
            renewals[namespace] = (cns_monotonic_microseconds() + delay, delay)
            return
        }
        renewals[namespace] = nil
        let generation = set.generation(namespace)
        for (connectionID, request) in pendingResets.removeValue(forKey: namespace) ?? [] {
            guard let connection = connections[connectionID] else { continue }
            if !connection.reply(.reset(generation: generation), to: request) { close(connection) }
        }
        let event = HelperEvent.namespaceReset(namespace, generation: generation)
        for connection in connections.values where connection.isGreeted && !connection.event(event) {
            close(connection)
        }
    }

    /// A full process table or an exhausted kernel passes; what user code may have done to a directory above
    /// a covered path may not.
    private static let firstRenewal: UInt64 = 500_000
    private static let longestRenewal: UInt64 = 30_000_000

    /// Ends whatever has overstayed.
    func runDeadlines() {
        let now = cns_monotonic_microseconds()
        var overdue: [RunningCommand] = []
        for command in commands.all {
            if case .starting(let deadline) = command.phase, deadline <= now {
                command.phase = .starting(deadlineMicroseconds: .max)
                overdue.append(command)
            }
            if let deadline = command.killDeadlineMicroseconds, deadline <= now { overdue.append(command) }
        }
        kill(overdue)
        if let stopDeadlineMicroseconds, stopDeadlineMicroseconds <= now { finishStopping() }
        if case .namespaces(let set) = isolation.mode {
            for (namespace, renewal) in renewals where renewal.deadline <= now { tryRenew(namespace, in: set) }
        }
        if server == nil, stopDeadlineMicroseconds == nil, let start = serverStartMicroseconds, start <= now {
            startServer()
        }
        // After the server, so that the API never waits for it.
        if stopDeadlineMicroseconds == nil, let start = jupyterStartMicroseconds, start <= now { startJupyter() }
    }
}
