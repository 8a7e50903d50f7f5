import CMessageShim
import Glibc
import HelperProtocol
import HelperTransport
import Synchronization

/// Speaks the helper's protocol and starts children as the same uid, without any isolation: enough to run the
/// server's routes for real without privilege. A child of `secure` loses its process group with its end, as in a cell.
final class FakeHelper: Sendable {
    /// What to answer beside the real thing.
    struct Behaviour: Sendable {
        var hello: HelloReply
        /// If set, every spawn is refused with this.
        var refusal: HelperFailure?
    }

    private let channel: RecordChannel
    private let behaviour: Behaviour
    private let sending = Mutex(())
    private let running = Mutex<[ProcessHandle: pid_t]>([:])
    /// Masters, kept for the size.
    private let terminals = Mutex<[ProcessHandle: Int32]>([:])
    private let terminated = Mutex(0)
    private let spawns = Mutex<[SpawnRequest]>([])

    init(_ descriptor: consuming OwnedDescriptor, _ behaviour: Behaviour) {
        channel = RecordChannel(adopting: descriptor)
        self.behaviour = behaviour
        ThreadStarter.start { [self] in serve() }
    }

    /// How many commands were started, and of what kind.
    var spawned: [SpawnRequest] { spawns.withLock { $0 } }
    /// How many commands run.
    var runningCount: Int { running.withLock(\.count) }
    /// How often the server asked to end a command.
    var terminations: Int { terminated.withLock { $0 } }

    /// Dies, with everything it started.
    func die() {
        channel.shutDown()
        running.withLock { for pid in $0.values { kill(-pid, SIGKILL) } }
    }

    /// Kills everything it started, as a reset of the namespaces does.
    func killAll() {
        running.withLock { for pid in $0.values { kill(-pid, SIGKILL) } }
    }

    /// Stops everything it started, so that it answers nothing any more.
    func stopAll() {
        running.withLock { for pid in $0.values { kill(-pid, SIGSTOP) } }
    }

    private func serve() {
        while let received = try? channel.receive() {
            guard
                let (id, request) = try? HelperRequest.decode(
                    received.record,
                    descriptorCount: received.descriptors.count
                )
            else { break }
            let reply = answer(request, received.descriptors)
            if case .spawned(let spawned) = reply, let master = terminals.withLock({ $0[spawned.handle] }) {
                send(reply.encoded(id: id, descriptorCount: 1), [master])
            } else {
                send(reply.encoded(id: id))
            }
            if case .spawned(let spawned) = reply { watch(spawned.handle, request) }
        }
        channel.shutDown()
    }

    private func answer(_ request: HelperRequest, _ descriptors: borrowing DescriptorList) -> HelperReply {
        switch request {
        case .hello: return .hello(behaviour.hello)
        case .status:
            let row = StatusReply.Namespace(
                namespace: .user,
                generation: 1,
                isAlive: true,
                running: UInt32(runningCount)
            )
            return .status(
                StatusReply(
                    uptimeMilliseconds: 1,
                    namespaceSetupMicroseconds: 2,
                    serverRestarts: 0,
                    namespaces: [row],
                    processes: []
                )
            )
        case .spawn(let spawn):
            if let refusal = behaviour.refusal { return .failed(refusal) }
            return start(spawn, descriptors)
        case .resize(let handle, let size):
            guard let master = terminals.withLock({ $0[handle] }) else { return .failed(HelperFailure(.notATerminal)) }
            FakeTerminal.resize(master, size)
            return .resized
        case .terminate(let handle, let grace):
            terminated.withLock { $0 += 1 }
            guard let pid = running.withLock({ $0[handle] }) else { return .failed(HelperFailure(.unknownProcess)) }
            kill(-pid, SIGTERM)
            ThreadStarter.start { [self] in
                usleep(grace * 1000)
                if running.withLock({ $0[handle] }) == pid { kill(-pid, SIGKILL) }
            }
            return .terminating
        default: return .failed(HelperFailure(.notPermitted))
        }
    }

    private func start(_ request: SpawnRequest, _ descriptors: borrowing DescriptorList) -> HelperReply {
        spawns.withLock { $0.append(request) }
        guard cms_check_sealed(descriptors[0]) == 0 else {
            return .failed(HelperFailure(.unacceptableDescriptor))
        }
        var bytes = [UInt8](repeating: 0, count: ProtocolLimits.payloadBytes)
        bytes.removeLast(bytes.count - max(pread(descriptors[0], &bytes, bytes.count, 0), 0))
        guard let layout = try? SpawnPayload.layout(of: bytes.span) else {
            return .failed(HelperFailure(.malformedPayload))
        }
        let directory = String(decoding: request.workingDirectory, as: UTF8.self)
        let opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else {
            return .failed(HelperFailure(.stepFailed, stage: .workingDirectory, errno: errno))
        }
        close(opened)
        var terminal: FakeTerminal?
        if case .terminal(let size) = request.streams {
            terminal = FakeTerminal(size)
            guard terminal != nil else { return .failed(HelperFailure(.stepFailed, stage: .execute, errno: errno)) }
        }
        func text(_ offset: Int) -> String { String(decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self) }
        // The agent's payload names no file: the helper opened its program at start.
        guard let path = request.agent == nil ? String(decoding: request.executable, as: UTF8.self) : AgentProgram.path
        else { return .failed(HelperFailure(.stepFailed, stage: .execute, errno: ENOENT)) }
        let environment = ["PATH=/usr/bin:/bin"] + layout.variables.map(text)
        let arguments = layout.arguments.map(text)
        let (code, pid) = Self.spawn(path, arguments, environment, directory, descriptors, terminal)
        guard code == 0 else {
            terminal?.close()
            return .failed(HelperFailure(.stepFailed, stage: .execute, errno: code))
        }
        let handle = ProcessHandle(slot: UInt32(pid), generation: 1)
        running.withLock { $0[handle] = pid }
        if let terminal { terminals.withLock { $0[handle] = terminal.master } }
        return .spawned(SpawnReply(handle: handle, pid: pid))
    }

    private static func spawn(
        _ path: String,
        _ arguments: [String],
        _ environment: [String],
        _ directory: String,
        _ descriptors: borrowing DescriptorList,
        _ terminal: FakeTerminal?
    ) -> (Int32, pid_t) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let terminal {
            // Opened by the leader of a new session, so it becomes the session's terminal.
            posix_spawn_file_actions_addopen(&actions, 0, terminal.path, O_RDWR, 0)
            for number in 1..<3 { posix_spawn_file_actions_adddup2(&actions, 0, Int32(number)) }
        } else {
            for number in 0..<3 { posix_spawn_file_actions_adddup2(&actions, descriptors[number + 1], Int32(number)) }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The C library's POSIX_SPAWN_SETSID is hidden from Swift.
        let group = terminal == nil ? Int32(POSIX_SPAWN_SETPGROUP) : 0x80
        posix_spawnattr_setflags(&attributes, Int16(group | Int32(POSIX_SPAWN_SETSIGDEF)))
        // The test runner ignores SIGPIPE; a command starts with all signals at their defaults.
        var defaults = sigset_t()
        sigfillset(&defaults)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // Client and server live in this process too, and a command must not hold their connections open.
        for number in 3..<Int32(1024) { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        // The C library's own chdir action is hidden from Swift.
        let arguments = ["env", "-C", directory, path] + arguments.dropFirst()
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/usr/bin/env", &actions, &attributes, &argv, &envp)
        return (code, pid)
    }

    private func watch(_ handle: ProcessHandle, _ request: HelperRequest) {
        guard let pid = running.withLock({ $0[handle] }), case .spawn(let spawn) = request else { return }
        ThreadStarter.start { [self] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            if spawn.namespace == .secure { kill(-pid, SIGKILL) }
            _ = running.withLock { $0.removeValue(forKey: handle) }
            if let master = terminals.withLock({ $0.removeValue(forKey: handle) }) { close(master) }
            let cause: ExitStatus.Cause =
                status & 0x7F == 0 ? .exited(UInt8(status >> 8 & 0xFF)) : .signaled(UInt8(status & 0x7F))
            send(HelperEvent.processExited(handle, ExitStatus(cause: cause)).encoded())
        }
    }

    private func send(_ record: [UInt8], _ descriptors: [Int32] = []) {
        sending.withLock { _ in try? channel.send(record, descriptors: descriptors) }
    }
}
