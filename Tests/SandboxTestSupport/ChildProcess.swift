import CTestShim
import Glibc
import HelperTransport
import Synchronization

/// A program that a test started itself: the helper, or a tool of the system.
public final class ChildProcess: Sendable {
    /// How a process ended.
    public enum End: Sendable, Hashable {
        /// With an exit code.
        case exited(Int32)
        /// By a signal.
        case signaled(Int32)
    }

    /// Its pid; valid until its end has been awaited.
    public let pid: Int32
    /// Its standard output.
    public let output: OutputReader
    /// Its standard error.
    public let errors: OutputReader
    private let state = Observed<End?>(nil)
    /// Held while signalling and while reaping, so that a signal never reaches a later process of this pid.
    private let isReaped = Mutex(false)

    /// Starts a program, looked up in PATH, with nothing but the given environment and no descriptor above 2.
    public init(_ arguments: [String], environment: [String: String] = ChildProcess.environment) throws {
        let (output, outputWriter) = try OutputReader.withPipe()
        let (errors, errorWriter) = try OutputReader.withPipe()
        defer {
            close(outputWriter)
            close(errorWriter)
        }
        self.output = output
        self.errors = errors
        pid = try Self.spawn(arguments, environment, output: outputWriter, errors: errorWriter)
        try DetachedThread.start { self.reap() }
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        var status: Int32 = 0
        isReaped.withLock { isReaped in
            waitpid(pid, &status, 0)
            isReaped = true
        }
        let end: End = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signaled(status & 0x7F)
        state.update { $0 = end }
    }

    /// What programs get if the test says nothing else.
    public static let environment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
    ]

    /// Runs a program to its end and returns how it ended and what it wrote.
    public static func run(
        _ arguments: [String],
        environment: [String: String] = ChildProcess.environment
    )
        async throws -> (end: End, output: String, errors: String)
    {
        let process = try ChildProcess(arguments, environment: environment)
        let end = try await process.end
        return (
            end, String(decoding: try await process.output.finish(), as: UTF8.self),
            String(decoding: try await process.errors.finish(), as: UTF8.self)
        )
    }

    /// How it ended, once it has.
    public var end: End {
        get async throws {
            guard let end = try await state.wait(until: { $0 != nil }) else { throw TestFailure("no end") }
            return end
        }
    }

    /// How it ended, if it has.
    public var endSoFar: End? { state.value }

    /// Sends a signal; nothing happens if it has ended.
    public func signal(_ number: Int32) {
        isReaped.withLock { isReaped in
            if !isReaped { _ = kill(pid, number) }
        }
    }

    private static func spawn(
        _ arguments: [String],
        _ environment: [String: String],
        output: Int32,
        errors: Int32
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        _ = ct_close_from(&actions, 3)
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var argumentList: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variableList: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argumentList + variableList { free(string) } }
        var pid: Int32 = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argumentList, &variableList)
        guard code == 0 else { throw TestFailure("cannot start \(arguments[0]): \(SystemError(errno: code))") }
        return pid
    }
}
