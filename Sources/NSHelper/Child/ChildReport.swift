import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// The parent's end of a child's report socket: what the child says on its way to execve(2).
///
/// The end of the stream means success, because execve(2) closes the child's end; a failure record means
/// that no program was started.
struct ChildReport: ~Copyable {
    private let socket: OwnedDescriptor
    /// The command's pid in its own PID namespace.
    private(set) var pid: Int32?
    /// Names the command itself, also where the child is a cell's pid 1.
    private(set) var command: OwnedDescriptor?
    /// pid, mnt, ipc, uts, from a namespace's init.
    private(set) var namespaces: DescriptorList?
    /// Master and slave.
    private(set) var terminal: DescriptorList?
    private(set) var failure: HelperFailure?
    /// Whether the child has closed its end.
    private(set) var isComplete = false

    init(socket: consuming OwnedDescriptor) {
        self.socket = socket
    }

    /// For poll(2).
    var rawValue: Int32 { socket.rawValue }

    /// The first failure, or that the child died before it said that it was about to execute.
    var outcome: HelperFailure? {
        failure ?? (pid == nil ? HelperFailure(.stepFailed, stage: .report, errno: ECHILD) : nil)
    }

    mutating func takeCommand() -> OwnedDescriptor? { command.take() }
    mutating func takeNamespaces() -> DescriptorList? { namespaces.take() }
    mutating func takeTerminal() -> DescriptorList? { terminal.take() }

    /// Reads whatever is there, without waiting.
    mutating func drain() {
        while !isComplete {
            var received = cns_received()
            let code = cns_receive_report(socket.rawValue, &received)
            if code == EAGAIN { return }
            guard code == 0, received.length > 0 else {
                isComplete = true
                return
            }
            let all = received.descriptors
            let numbers = [all.0, all.1, all.2, all.3].prefix(received.count)
            take(received.report, DescriptorList(adopting: Array(numbers)))
        }
    }

    /// Waits for the end; for children that run no foreign code before it and so cannot be held up.
    mutating func drainToEnd(timeoutMilliseconds: Int32) {
        drain()
        while !isComplete {
            if cns_wait_readable(socket.rawValue, timeoutMilliseconds) != 0 {
                failure = failure ?? HelperFailure(.stepFailed, stage: .report, errno: ETIMEDOUT)
                return
            }
            drain()
        }
    }

    private mutating func take(_ record: cns_report, _ descriptors: consuming DescriptorList) {
        switch cns_report_kind(rawValue: record.kind) {
        case CNS_REPORT_PID:
            pid = record.value
            command = descriptors.take(0)
        case CNS_REPORT_FAILURE:
            let stage = Stage(rawValue: UInt16(truncatingIfNeeded: record.stage)) ?? .report
            failure = failure ?? HelperFailure(.stepFailed, stage: stage, errno: record.error)
        case CNS_REPORT_NAMESPACES: namespaces = consume descriptors
        case CNS_REPORT_TERMINAL: terminal = consume descriptors
        default: failure = failure ?? HelperFailure(.stepFailed, stage: .report, errno: EPROTO)
        }
    }
}
