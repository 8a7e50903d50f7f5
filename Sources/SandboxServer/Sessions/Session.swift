import AgentProtocol
import Glibc
import HelperClient
import HelperTransport
import NIOCore
import SandboxAPI
import Synchronization

/// One session: a persistent shell in the user namespace, or, if its variables may hold credentials, in a cell of its
/// own for as long as it lives.
final class Session: Sendable {
    let id: String
    let namespace: NamespaceName
    let settings: SessionSettings
    /// Foreground commands and file operations run one at a time.
    let gate = SerialGate()
    private let process: HelperProcess
    private let connection: ShellConnection
    private let current: Mutex<String>
    /// Background commands that run in copies of the shell; they outlive it.
    private let running = Mutex(0)

    init(
        id: String,
        namespace: NamespaceName,
        settings: SessionSettings,
        directory: String,
        process: HelperProcess,
        connection: ShellConnection
    ) {
        self.id = id
        self.namespace = namespace
        self.settings = settings
        self.process = process
        self.connection = connection
        current = Mutex(directory)
    }

    /// The shell's working directory after its last foreground command.
    var directory: String { current.withLock { $0 } }

    /// The directory, if the helper can start something there: what the shell reports, user code decides.
    func startDirectory(or other: String) -> String {
        let directory = directory
        return PathRules.problem(directory) == nil ? directory : other
    }

    /// Set when the shell has ended, with its status; nil inside if its keeper was killed.
    var shellEnded: OneShot<Int?> { connection.shellEnded }

    /// Starts a command in the shell or in a copy of it.
    ///
    /// - Parameters:
    ///   - output, error: The ends that the command writes to. The shell opens them anew by name.
    ///   - input: The end that it reads from, the same way; nothing to read if nil.
    func start(
        _ run: ShellRun,
        command: String,
        output: consuming OwnedDescriptor,
        error: consuming OwnedDescriptor,
        input: consuming OwnedDescriptor?
    ) throws(HelperClientError) -> ShellTicket {
        if namespace == .secure { AuditNote.add { $0.namespace = .secure } }
        let text = try SealedText.make(command)
        guard let input = input.take() else {
            return try connection.run(run, text: text, output: output, error: error, input: nil)
        }
        return try connection.run(run, text: text, output: output, error: error, input: input.rawValue)
    }

    /// Waits for a foreground command; afterwards the session knows the shell's directory.
    func ending(of ticket: ShellTicket) async throws(CancellationError) -> ShellTicket.Ending {
        let ending = try await ticket.ended.wait()
        if case .finished(_, let directory) = ending, !directory.isEmpty { current.withLock { $0 = directory } }
        return ending
    }

    /// Ends a command and everything it started, and waits for that. The shell goes on, unless its keeper, which user
    /// code can stop or kill, does not do it in time: then the whole session ends.
    func stop(_ ticket: ShellTicket, graceMilliseconds: Int) async throws {
        let isStopped = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.connection.stop(ticket, graceMilliseconds: graceMilliseconds)
                return true
            }
            group.addTask {
                try await Task.sleep(for: .milliseconds(graceMilliseconds) + Self.keeperPatience)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        if !isStopped { try await end(grace: .zero) }
    }

    /// How long a keeper may take beyond the grace time: it interrupts the shell some times before it kills it.
    private static let keeperPatience = Duration.seconds(3)

    /// Waits until a background command runs; nil if it never will. A keeper that does not say loses its session.
    func started(_ ticket: ShellTicket) async throws -> Int32? {
        let answer = try await withThrowingTaskGroup(of: Int32??.self) { group in
            group.addTask { .some(try await ticket.started.wait()) }
            group.addTask {
                try await Task.sleep(for: Self.startPatience)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let answer { return answer }
        try await end(grace: .zero)
        return nil
    }

    /// bash(1) tries for some seconds to fork where no process is left.
    private static let startPatience = Duration.seconds(30)

    /// Ends the shell and everything that was started from it, and waits for that.
    func end(grace: Duration) async throws {
        try await process.terminate(grace: grace)
        _ = try await process.exitStatus
    }

    /// A background command runs in it.
    func retain() {
        running.withLock { $0 += 1 }
    }

    /// A background command is over.
    func release() async {
        running.withLock { $0 -= 1 }
        await endIfOver()
    }

    /// Lets the keeper go when neither the shell nor a background command is left.
    func endIfOver() async {
        guard shellEnded.value != nil, running.withLock({ $0 }) == 0 else { return }
        try? await process.terminate(grace: .zero)
    }
}
