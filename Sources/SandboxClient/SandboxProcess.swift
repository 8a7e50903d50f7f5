import NIOHTTP1
public import SandboxAPI

/// A background process of the sandbox, by its id. The value costs nothing and does not keep the process alive.
public struct SandboxProcess: Sendable {
    /// Names the process.
    public let id: String
    private let client: SandboxClient

    init(id: String, client: SandboxClient) {
        self.id = id
        self.client = client
    }

    private var path: String { "/api/process/\(PercentEncoding.encode(id))" }

    /// What the server knows about it. Its environment is never part of it.
    public func info() async throws(SandboxClientError) -> ProcessInfoBody {
        let answer: ProcessAnswer = try await client.transport.send(.GET, path)
        return answer.process
    }

    /// What it has written so far.
    public func logs() async throws(SandboxClientError) -> ProcessLogs {
        let answer: ProcessLogsAnswer = try await client.transport.send(.GET, path + "/logs")
        return ProcessLogs(stdout: answer.stdout, stderr: answer.stderr)
    }

    /// What it has written, then what it writes, without a gap or a repeat, to its end. A reader that is slow holds the
    /// process up; leaving the loop does not end it.
    public func events() async throws(SandboxClientError) -> EventSequence<ProcessEvent> {
        let source = try await client.transport.events(Transport.Request(.GET, path + "/stream"))
        return EventSequence(source) { data throws(SandboxClientError) in
            let event = try StreamEvent.decoded(data)
            switch event.type {
            case "stdout": return .event(.stdout(event.data ?? ""))
            case "stderr": return .event(.stderr(event.data ?? ""))
            case "exit": return .last(.exited(code: event.exitCode ?? -1))
            case "error": throw .streamBroken(event.error ?? "")
            default: return .skip
            }
        }
    }

    /// Ends it and everything it started: SIGTERM, five seconds, SIGKILL. Returns when it is gone; also if it was over.
    public func kill() async throws(SandboxClientError) {
        do {
            let _: ProcessKillAnswer = try await client.transport.send(.DELETE, path)
        } catch {
            guard error.code == .commandNotFound else { throw error }
        }
    }

    /// Waits for its end and returns its exit code.
    public func waitForExit(timeout: Duration? = nil) async throws(SandboxClientError) -> Int {
        try await Deadline.within(timeout) { () async throws(SandboxClientError) -> Int in
            for try await event in try await events() {
                if case .exited(let code) = event { return code }
            }
            throw .streamBroken("It ended without its last event.")
        }
    }

    /// Waits for a line of its output, also an earlier one, and returns it without its end.
    ///
    /// - Throws: ``SandboxClientError/processExited(code:)`` if it ends first, ``SandboxClientError/timeout``.
    public func waitForLine(
        timeout: Duration? = nil,
        where isWanted: @escaping @Sendable (String) -> Bool
    ) async throws(SandboxClientError) -> String {
        try await Deadline.within(timeout) { () async throws(SandboxClientError) -> String in
            var output = LineSplitter()
            var error = LineSplitter()
            for try await event in try await events() {
                switch event {
                case .stdout(let text):
                    if let line = output.add(text).first(where: isWanted) { return line }
                case .stderr(let text):
                    if let line = error.add(text).first(where: isWanted) { return line }
                case .exited(let code):
                    if let line = (output.rest + error.rest).first(where: isWanted) { return line }
                    throw .processExited(code: code)
                }
            }
            throw .streamBroken("It ended without its last event.")
        }
    }

    /// Waits for a line of its output that holds the text.
    public func waitForLine(
        containing text: String,
        timeout: Duration? = nil
    ) async throws(SandboxClientError) -> String {
        try await waitForLine(timeout: timeout) { $0.contains(text) }
    }

    /// Waits until something listens on the port.
    ///
    /// - Throws: ``SandboxClientError/processExited(code:)`` if the process ends first, ``SandboxClientError/timeout``.
    public func waitForPort(
        _ port: Int,
        _ check: PortCheck = .tcp,
        timeout: Duration? = nil
    ) async throws(SandboxClientError) {
        try await client.waitForPort(port, check, processID: id, timeout: timeout)
    }
}
