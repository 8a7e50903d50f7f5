import FoundationEssentials
import NIOHTTP1
public import SandboxAPI
import Synchronization

extension SandboxClient {
    /// Runs a command to its end.
    ///
    /// Cancelling the task ends the command and everything it started.
    ///
    /// - Parameters:
    ///   - command: For the shell of the client's session.
    ///   - env: Variables of this command alone. With any that may be a credential the command runs in a cell of its
    ///     own, and whatever it leaves running is ended with it.
    ///   - cwd: Absolute working directory; the session's if nil.
    ///   - timeout: When to end the command and everything it started; nil for the server's default. In a session this
    ///     is an error, `COMMAND_EXECUTION_ERROR`; without one the exit code is 124.
    ///   - stdin: What the command reads on its standard input, at most 16 MiB; nothing if nil. A command that does not
    ///     read it all is none the worse for it.
    public func exec(
        _ command: String,
        env: [String: String] = [:],
        cwd: String? = nil,
        timeout: Duration? = nil,
        stdin: StandardInput? = nil
    ) async throws(SandboxClientError) -> ExecResult {
        try await exec(command, secrets: env.asSecrets, cwd: cwd, timeout: timeout, stdin: stdin)
    }

    /// Runs a command to its end, with values that are overwritten in memory when nobody needs them any more.
    public func exec(
        _ command: String,
        secrets: [String: SecretBytes],
        cwd: String? = nil,
        timeout: Duration? = nil,
        stdin: StandardInput? = nil
    ) async throws(SandboxClientError) -> ExecResult {
        let request = request(command, secrets, cwd, timeout, stdin)
        let response: ExecuteResponse = try await transport.send(.POST, "/api/execute", body: request)
        return ExecResult(
            exitCode: response.exitCode,
            stdout: response.stdout,
            stderr: response.stderr,
            namespace: response.namespace.rawValue,
            isTruncated: response.stdoutTruncated == true || response.stderrTruncated == true
        )
    }

    /// Starts a command in a copy of the session's shell, which leaves the session as it is, and gives its output as it is
    /// written, without a bound.
    ///
    /// ```swift
    /// for try await event in try await sandbox.stream("make -j4") {
    ///     if case .stdout(let text) = event { print(text, terminator: "") }
    /// }
    /// ```
    ///
    /// Leaving the loop early lets the command run on, as a process with the id of the first event; cancelling the task
    /// ends it, unless `whenCancelled` says otherwise. A reader that is slow holds the command up.
    public func stream(
        _ command: String,
        env: [String: String] = [:],
        cwd: String? = nil,
        timeout: Duration? = nil,
        stdin: StandardInput? = nil,
        whenCancelled behavior: CancellationBehavior = .kill
    ) async throws(SandboxClientError) -> EventSequence<ExecEvent> {
        try await stream(
            command,
            secrets: env.asSecrets,
            cwd: cwd,
            timeout: timeout,
            stdin: stdin,
            whenCancelled: behavior
        )
    }

    /// The same with values that are overwritten in memory when nobody needs them any more.
    public func stream(
        _ command: String,
        secrets: [String: SecretBytes],
        cwd: String? = nil,
        timeout: Duration? = nil,
        stdin: StandardInput? = nil,
        whenCancelled behavior: CancellationBehavior = .kill
    ) async throws(SandboxClientError) -> EventSequence<ExecEvent> {
        let body = request(command, secrets, cwd, timeout, stdin)
        let source = try await transport.events(try Transport.request(.POST, "/api/execute/stream", body))
        let id = ProcessReference()
        let client = self
        let kill: @Sendable () async -> Void = {
            guard behavior == .kill, let id = id.value else { return }
            // A cancelled task could send nothing any more.
            let task = Task { try await client.process(id).kill() }
            _ = try? await task.value
        }
        return EventSequence(source, cancelled: kill) { data throws(SandboxClientError) in
            let event = try StreamEvent.decoded(data)
            switch event.type {
            case "start":
                id.value = event.processId
                return .event(.started(processID: event.processId ?? "", pid: event.pid))
            case "stdout": return .event(.stdout(event.data ?? ""))
            case "stderr": return .event(.stderr(event.data ?? ""))
            case "complete":
                return .last(.finished(exitCode: event.exitCode ?? -1, isTimedOut: event.timedOut == true))
            case "error": throw .streamBroken(event.error ?? "")
            default: return .skip
            }
        }
    }

    func request(
        _ command: String,
        _ secrets: [String: SecretBytes],
        _ cwd: String?,
        _ timeout: Duration?,
        _ stdin: StandardInput?
    ) -> ExecuteRequest {
        ExecuteRequest(
            command: command,
            env: secrets,
            cwd: cwd,
            timeoutMs: timeout.map(\.wholeMilliseconds),
            sessionId: sessionID,
            namespace: isInCells ? .secure : nil,
            stdin: stdin?.bytes,
            workspace: workspace
        )
    }
}

/// The id that the first event of a stream brings, for whoever ends the command.
private final class ProcessReference: Sendable {
    private let state = Mutex<String?>(nil)

    var value: String? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

extension [String: String] {
    var asSecrets: [String: SecretBytes] { mapValues { SecretBytes(Array($0.utf8)) } }
}

extension StreamEvent {
    static func decoded(_ data: Data) throws(SandboxClientError) -> StreamEvent {
        do { return try JSONDecoder().decode(StreamEvent.self, from: data) } catch {
            throw .streamBroken("An event is not understood.")
        }
    }
}
