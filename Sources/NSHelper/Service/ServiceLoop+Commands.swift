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
            command.endParent()
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
        for command in running {
            command.holdShepherd()
            command.wakeShepherd()
        }
        TreeKiller.terminate(below: running.map(\.childPID), terminals: running.filter(\.isOnTerminal).map(\.childPID))
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
                // The kernel kills a PID namespace with its pid 1, a keeper everybody of its uid.
                command.endParent()
            } else {
                command.holdShepherd()
                command.wakeShepherd()
                roots.append(command.childPID)
            }
        }
        if roots.isEmpty { return }
        let killed = TreeKiller.kill(below: roots)
        // Elsewhere nobody can stop a shepherd, and it says when the last one has ended.
        guard isolation.mode.isolation == .landlock else { return }
        for command in list where command.end == nil {
            if let entries = killed[command.childPID] { command.endStoppedShepherd(after: entries) }
        }
    }

    /// Collects every child that has ended, and deals with each according to what it was.
    func reapChildren() {
        while true {
            var end = cns_end()
            var pid: pid_t = 0
            guard cns_reap_any(&pid, &end) == 0 else { break }
            if let command = commands.command(childPID: pid) {
                if isSwept(command, after: end) { continue }
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
            } else if case .namespaces(let set) = isolation.mode {
                namespaceEnded(pid, in: set)
            } else if case .kept(let spaces) = isolation.mode, spaces.isKeeper(pid) {
                userKeeperEnded(end, in: spaces)
            } else if case .kept(let spaces) = isolation.mode, spaces.forker?.pid == pid {
                forkerEnded(in: spaces)
            }
            // Anybody else is an orphan from outside the namespaces: reaped, and that is all.
        }
        isolation.context.groups?.clearUp()
        answerResets()
    }

    /// Sends a command's exit event once its parent has been reaped: whatever had to end with it is gone.
    func finishIfOver(_ command: RunningCommand) {
        guard let end = command.end, command.reportDescriptor == nil else { return }
        commands.remove(command)
        if let cell = command.cell, case .kept(let spaces) = isolation.mode {
            spaces.giveBack(cell, isClean: end.status == 0)
        }
        defer {
            finishResetsOfUIDs()
            finishStoppingIfQuiet()
        }
        guard !command.hasFailed, let connection = connections[command.connection] else { return }
        if !connection.event(.processExited(command.handle, command.exitStatus(end))) { close(connection) }
    }

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
        watchServer(now)
        if let stopDeadlineMicroseconds, stopDeadlineMicroseconds <= now { finishStopping() }
        if case .namespaces(let set) = isolation.mode {
            for (namespace, renewal) in renewals where renewal.deadline <= now { tryRenew(namespace, in: set) }
            answerResets()
        }
        if case .kept(let spaces) = isolation.mode, let renewal = renewals[.user], renewal.deadline <= now {
            renewUserKeeper(in: spaces) { () throws(HelperFailure) in try spaces.renewUser(isolation.context) }
        }
        if server == nil, stopDeadlineMicroseconds == nil, let start = serverStartMicroseconds, start <= now {
            startServer()
        }
        // After the server, so that the API never waits for it.
        if stopDeadlineMicroseconds == nil, let start = jupyterStartMicroseconds, start <= now { startJupyter() }
    }
}
