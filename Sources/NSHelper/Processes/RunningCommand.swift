import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// One command from its clone to its exit event.
final class RunningCommand {
    /// How far it is.
    enum Phase {
        /// Cloned; its steps are running. Foreign code of the same uid can already stop it, so nobody waits.
        case starting(deadlineMicroseconds: UInt64)
        /// Its program runs, or has ended while its tree has not.
        case running
    }

    let handle: ProcessHandle
    let namespace: SandboxNamespace
    /// Whether it runs outside its namespace's PID namespace, and so does not die with it.
    let isHidden: Bool
    /// The connection that asked for it, and alone may signal it.
    let connection: UInt64
    let requestID: UInt64
    let keeping: CommandLaunch.Keeping
    let startedMicroseconds: UInt64
    /// The command's parent: its shepherd, its cell's pid 1 or keeper; or who sweeps after a keeper that was killed.
    private var child: Child
    private var report: ChildReport?
    /// Where the parent writes the command's wait status, and a shepherd is told to stay.
    private let statusSocket: OwnedDescriptor
    private var command: OwnedDescriptor?
    private var terminal: DescriptorList?
    private var slave: OwnedDescriptor?

    var phase: Phase
    private(set) var pid: Int32 = 0
    /// Set once the child has been reaped: its pid names nothing any more.
    private(set) var end: cns_end?
    /// When patience with the command's tree ends.
    var killDeadlineMicroseconds: UInt64?

    init(
        handle: ProcessHandle,
        namespace: SandboxNamespace,
        isHidden: Bool = false,
        connection: UInt64,
        requestID: UInt64,
        launch: consuming CommandLaunch,
        deadlineMicroseconds: UInt64
    ) {
        self.handle = handle
        self.namespace = namespace
        self.isHidden = isHidden
        self.connection = connection
        self.requestID = requestID
        keeping = launch.keeping
        statusSocket = launch.status
        startedMicroseconds = cns_monotonic_microseconds()
        phase = .starting(deadlineMicroseconds: deadlineMicroseconds)
        let report = launch.spawned.report
        child = launch.spawned.child
        self.report = consume report
    }

    /// pid of the child in the helper's PID namespace.
    var childPID: pid_t { child.pid }

    /// The report socket, while the program has not been started.
    var reportDescriptor: Int32? {
        switch report {
        case .some(let report): report.rawValue
        case .none: nil
        }
    }

    /// Reads the report; true once the child has closed its end.
    func drainReport() -> Bool {
        report?.drain()
        return report?.isComplete ?? true
    }

    /// Moves on to `running`, or returns why there is no program.
    func settle() -> HelperFailure? {
        phase = .running
        let failure = report?.outcome
        hasFailed = failure != nil
        if !hasFailed {
            pid = report?.pid ?? 0
            command = report?.takeCommand()
            terminal = report?.takeTerminal()
            slave = terminal?.take(1)
        }
        report = nil
        return failure
    }

    var isOnTerminal: Bool { slave.number != nil }

    /// The terminal's master, to be given away with the reply.
    func takeMaster() -> OwnedDescriptor? { terminal?.take(0) }

    /// Signals the command itself, unless it has ended.
    func signalCommand(_ number: Int32) {
        if end == nil, let command = command.number { _ = cns_signal(command, number) }
    }

    /// Whether its parent ends it and all that it started, when told to.
    var isCell: Bool {
        if case .shepherd = keeping { false } else { true }
    }

    /// Ends the command's parent. In a cell that is pid 1, whose end is the end of the cell, or the keeper, who sees to
    /// that; a shepherd must not be killed while its command may live.
    func endParent() {
        guard end == nil else { return }
        switch keeping {
        case .keeper: _ = cns_tell_keeper(statusSocket.rawValue, CChar(CNS_KEEPER_END))
        case .shepherd, .namespace: child.signal(SIGKILL)
        }
    }

    /// Whether a sweeper has taken its keeper's place.
    private(set) var isSwept = false

    /// Lets a sweeper take the place of a keeper that did not get to its end.
    func sweep(by sweeper: consuming Child) {
        child = sweeper
        isSwept = true
    }

    /// The identity that nobody may have again before its keeper, or a sweeper, has found that nothing is left of it.
    var cell: CellIdentity? {
        if case .keeper(let cell) = keeping { cell } else { nil }
    }

    private var isShepherdHeld = false

    /// Tells the shepherd to stay until nobody is left below it.
    func holdShepherd() {
        guard end == nil, !isCell, !isShepherdHeld else { return }
        isShepherdHeld = cns_tell_shepherd(statusSocket.rawValue) == 0
    }

    /// Lets a shepherd go on that user code has stopped, which it can in mode `landlock`.
    func wakeShepherd() {
        if end == nil, !isCell { child.signal(SIGCONT) }
    }

    private var killedBefore: Set<ProcessTree.Entry.ID>?

    /// Ends a shepherd that is stopped again and again, so that the command's end comes to whoever waits for it: once nobody
    /// below it lives who was not killed the last time too, nobody is left who could fork.
    ///
    /// - Parameter killed: Everybody below it, now that all have been killed once more.
    func endStoppedShepherd(after killed: [ProcessTree.Entry]) {
        let ids = Set(killed.map(\.id))
        if let killedBefore, ids.isSubset(of: killedBefore), killed.allSatisfy({ $0.state == UInt8(ascii: "Z") }) {
            child.signal(SIGKILL)
        }
        killedBefore = ids
    }

    func resize(_ size: TerminalSize) -> Int32 {
        guard let slave = slave.number else { return ENOTTY }
        return cns_resize_terminal(slave, size.rows, size.columns)
    }

    /// Whether no program was started; then there is no exit event.
    private(set) var hasFailed = false

    /// Notes the child's end. The slave is closed with it, so that the master's reader sees the hang-up.
    func ended(_ end: cns_end) {
        self.end = end
        slave = nil
    }

    /// How the command ended, as its parent passed it on; if nothing came, the parent was killed first.
    func exitStatus(_ end: cns_end) -> ExitStatus {
        var received = cns_received()
        let code = cns_receive_report(statusSocket.rawValue, &received)
        let isStatus = code == 0 && received.length > 0 && received.report.kind == CNS_REPORT_STATUS.rawValue
        let status = isStatus ? received.report.value : SIGKILL
        return ExitStatus(
            cause: status & 0x7F == 0
                ? .exited(UInt8(truncatingIfNeeded: status >> 8)) : .signaled(UInt8(status & 0x7F)),
            userMicroseconds: end.user_microseconds,
            systemMicroseconds: end.system_microseconds,
            maximumResidentKiB: end.maximum_resident_kib
        )
    }
}
