import AgentProtocol
import CAgentShim
import Glibc
import HelperProtocol
import HelperTransport

/// Keeps one persistent shell: feeds it commands, watches their ends, and stops them without stopping the shell.
///
/// One thread, one poll loop. It lives in the namespace of the shell and with the same uid, so user code can disturb it,
/// and with it nobody but its own session: the server believes nothing it says beyond that.
final class ShellKeeper {
    private let channel: RecordChannel
    private let shell: ShellProcess
    private let signals: OwnedDescriptor
    private let script: ShellScript
    private var reader = ControlReader()
    private var commands: [UInt32: ShellCommand] = [:]
    private var shellHasEnded = false
    /// The session is to end, or the pair: everything in it has got SIGTERM too, and has until the helper's SIGKILL.
    private var isEnding = false

    init(_ channel: consuming RecordChannel, shell path: String) throws(SystemError) {
        try SystemError.check(cas_become_subreaper())
        var descriptor: Int32 = -1
        try SystemError.check(cas_child_signals(&descriptor))
        signals = OwnedDescriptor(adopting: descriptor)
        self.channel = channel
        shell = try ShellProcess(path: path)
        script = ShellScript(descriptors: "/proc/\(getpid())/fd/", control: shell.control.rawValue)
        shell.send(script.prologue(signal: cas_interrupt_signal()))
    }

    /// Serves until the server closes its end; then the session is over, and with it everything in it. After a SIGTERM it
    /// serves until nothing is left, though a server that stops too has gone before that.
    func serve() {
        var isAlone = false
        while true {
            if isEnding, isQuiet { return endEverything() }
            var descriptors = [isAlone ? -1 : channel.rawValue, shell.reports.rawValue, signals.rawValue].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            _ = poll(&descriptors, 3, nextTimeout())
            // Reports before deaths: a background command's pid is reported before its parent ends, and only then can
            // the command be this process's to reap.
            if descriptors[1].revents != 0 || descriptors[2].revents != 0 { readReports() }
            if descriptors[2].revents != 0 {
                if cas_forget_signals(signals.rawValue) != 0 { isEnding = true }
                reap()
            }
            runDeadlines()
            if descriptors[0].revents != 0, !receive() {
                guard isEnding else { return endEverything() }
                isAlone = true
            }
        }
    }

    /// Nobody lives here but a shell that has nothing to do.
    private var isQuiet: Bool {
        let scan = ProcessScan()
        let isIdle = commands.values.allSatisfy { if case .foreground = $0.phase { false } else { true } }
        return scan.tree([getpid()]).allSatisfy { pid in
            pid == getpid() || isIdle && pid == shell.pid || scan.entries[pid]?.isZombie != false
        }
    }

    private func receive() -> Bool {
        guard let received = try? channel.receive() else { return false }
        let count = received.descriptors.count
        guard let request = try? ShellRequest(received.record, descriptorCount: count) else { return false }
        switch request {
        case .run(let run): start(run, HeldDescriptors(received.consumeDescriptors()))
        case .stop(let number, let grace): stop(number, graceMilliseconds: grace)
        }
        return true
    }

    private func start(_ run: ShellRun, _ held: HeldDescriptors) {
        guard !shellHasEnded, commands[run.number] == nil else { return }
        commands[run.number] = ShellCommand(
            phase: run.kind == .foreground ? .foreground : .starting,
            startedTicks: cas_boot_ticks(),
            mark: run.kind == .background ? ProcessMark(number: run.number, processID: run.processID) : nil,
            held: held
        )
        guard run.kind == .background else {
            return shell.send(script.foreground(run, held))
        }
        guard let gate = try? StartGate() else { return finish(run.number, status: 126, directory: []) }
        commands[run.number]?.gate = gate
        shell.send(script.background(run, held, gate: gate.descriptor))
    }

    private func readReports() {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(shell.reports.rawValue, &buffer, buffer.count)
            guard count > 0 else { return }
            for report in reader.read(buffer[..<count]) { note(report) }
        }
    }

    private func note(_ report: ControlReader.Report) {
        switch report {
        case .forked(let number, let pid):
            if case .starting = commands[number]?.phase { commands[number]?.phase = .background(pid) }
        case .started(let number, let pid):
            switch commands[number]?.phase {
            case .starting, .background(pid):
                commands[number]?.phase = .background(pid)
                commands[number]?.held = nil
                commands[number]?.gate?.reached()
                say(.started(number: number, pid: pid))
            default: return
            }
        case .detached(let number):
            commands[number]?.gate?.open()
            // A signal may have ended it at the gate, and its parent have reaped it.
            guard case .background(let pid) = commands[number]?.phase, kill(pid, 0) != 0, errno == ESRCH else { return }
            finish(number, status: 137, directory: [])
        case .failed(let number):
            guard case .starting = commands[number]?.phase else { return }
            finish(number, status: 126, directory: [])
        case .ended(let number, let status, let directory):
            guard case .foreground = commands[number]?.phase else { return }
            finish(number, status: status, directory: directory)
        }
    }

    private func finish(_ number: UInt32, status: Int32, directory: [UInt8]) {
        commands[number]?.held = nil
        commands[number]?.gate = nil
        commands[number]?.phase = .over
        say(.finished(number: number, status: status, directory: directory))
        if commands[number]?.stop == nil { commands[number] = nil } else { goOnStopping(number) }
    }

    private func reap() {
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { break }
            let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
            if pid == shell.pid {
                shellHasEnded = true
                readReports()
                say(.ended(status: code))
                // It will not say any more which commands are on their own.
                for command in commands.values { command.gate?.open() }
                for (number, command) in commands {
                    switch command.phase {
                    case .foreground, .starting:
                        commands[number] = nil
                        if command.stop != nil { say(.stopped(number: number)) }
                    case .background, .over: break
                    }
                }
            }
            for (number, command) in commands {
                if case .background(pid) = command.phase { finish(number, status: code, directory: []) }
            }
        }
        for (number, command) in commands where command.stop != nil { goOnStopping(number) }
    }

    // MARK: - Stopping

    private func stop(_ number: UInt32, graceMilliseconds: UInt32) {
        guard let command = commands[number] else { return say(.stopped(number: number)) }
        guard command.stop == nil else { return }
        commands[number]?.stop = StopPlan(now: Self.now, graceMilliseconds: graceMilliseconds)
        send(SIGTERM, to: command)
    }

    /// Kills the shell and all that was ever started from it. What it starts meanwhile is found in the next round, since
    /// nobody below can leave: this process is their subreaper.
    private func endEverything() {
        for _ in 0..<100 {
            let scan = ProcessScan()
            let living = scan.tree([getpid()]).filter { $0 != getpid() && scan.entries[$0]?.isZombie == false }
            if living.isEmpty { return }
            for pid in living { kill(pid, SIGKILL) }
            var status: Int32 = 0
            // One of them at least is a child of this process, or will be when those above it are gone.
            guard waitpid(-1, &status, 0) > 0 else { return }
            while waitpid(-1, &status, WNOHANG) > 0 {}
        }
    }

    /// Ends the stop if nothing of the command is left.
    private func goOnStopping(_ number: UInt32) {
        guard let command = commands[number], case .over = command.phase, members(of: command).isEmpty else { return }
        commands[number] = nil
        say(.stopped(number: number))
    }

    private func runDeadlines() {
        let now = Self.now
        for (number, command) in commands {
            guard var stop = command.stop, stop.deadline <= now else { continue }
            stop.advance(now: now)
            commands[number]?.stop = stop
            if case .foreground = command.phase, stop.hasLostPatience, !shellHasEnded { kill(shell.pid, SIGKILL) }
            send(SIGKILL, to: command)
            // One that is not there any more would be waited for in vain, and its pid may be another's soon.
            if case .background(let pid) = command.phase, kill(pid, 0) != 0, errno == ESRCH {
                finish(number, status: 137, directory: [])
            }
            goOnStopping(number)
        }
    }

    private func send(_ signal: Int32, to command: ShellCommand) {
        for pid in members(of: command) { kill(pid, signal) }
        guard case .foreground = command.phase, !shellHasEnded else { return }
        if signal == SIGTERM, ProcessScan.catches(shell.pid, signal) {
            // A trap of the user's own may clean up, undisturbed until the grace time is over.
            kill(shell.pid, signal)
        } else {
            // The shell notices when the command it waits for is gone, or at once if it runs by itself.
            kill(shell.pid, cas_interrupt_signal())
        }
    }

    /// The living processes of a command. Those of a background command are below it, or bear its mark; those of a
    /// foreground command are below the shell, or left behind to the keeper, younger than the command and no other's.
    private func members(of command: ShellCommand) -> [pid_t] {
        let scan = ProcessScan()
        let own = getpid()
        let orphans = scan.children(of: own).filter { $0 != shell.pid }
        var found: [pid_t]
        switch (command.phase, command.mark) {
        case (.background(let pid), let mark): found = scan.tree([pid] + marked(mark, in: scan))
        case (.over, let mark?): found = scan.tree(marked(mark, in: scan))
        case (.starting, _): found = []
        case (.foreground, _), (.over, nil):
            var others: Set<pid_t> = []
            for other in commands.values { if case .background(let pid) = other.phase { others.insert(pid) } }
            let roots = (scan.children(of: shell.pid) + orphans).filter { pid in
                (scan.entries[pid]?.started ?? 0) >= command.startedTicks && !isMarked(pid)
            }
            found = scan.tree(roots, sparing: others)
        }
        found.removeAll { scan.entries[$0]?.isZombie ?? true }
        return found
    }

    private func marked(_ mark: ProcessMark?, in scan: ProcessScan) -> [pid_t] {
        guard let mark else { return [] }
        return scan.tree([getpid()]).filter { $0 != getpid() && $0 != shell.pid && mark.isBorne(by: $0) }
    }

    private func isMarked(_ pid: pid_t) -> Bool {
        commands.values.contains { $0.mark?.isBorne(by: pid) ?? false }
    }

    // MARK: - Time and talk

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    private func nextTimeout() -> Int32 {
        guard let deadline = commands.values.compactMap({ $0.stop?.deadline }).min() else { return -1 }
        let now = Self.now
        return deadline <= now ? 0 : Int32(clamping: deadline - now)
    }

    private func say(_ event: ShellEvent) {
        // A server that has gone is noticed when its end is read.
        try? channel.send(event.encoded())
    }
}
