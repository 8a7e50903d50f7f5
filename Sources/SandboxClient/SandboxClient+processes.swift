import NIOHTTP1
public import SandboxAPI

extension SandboxClient {
    /// Starts a background process in a copy of the session's shell; with variables that may be credentials, in a cell.
    ///
    /// - Parameters:
    ///   - id: A name of your choice, letters, digits and `._-`; made up if nil.
    ///   - timeout: When to end it; nil for the server's default.
    ///   - stdin: What it reads on its standard input, at most 16 MiB; nothing if nil.
    public func start(
        _ command: String,
        id: String? = nil,
        env: [String: String] = [:],
        cwd: String? = nil,
        timeout: Duration? = nil,
        stdin: StandardInput? = nil
    ) async throws(SandboxClientError) -> SandboxProcess {
        try await start(command, id: id, secrets: env.asSecrets, cwd: cwd, timeout: timeout, stdin: stdin)
    }

    /// The same with values that are overwritten in memory when nobody needs them any more.
    public func start(
        _ command: String,
        id: String? = nil,
        secrets: [String: SecretBytes],
        cwd: String? = nil,
        timeout: Duration? = nil,
        stdin: StandardInput? = nil
    ) async throws(SandboxClientError) -> SandboxProcess {
        let body = ProcessStartRequest(execute: request(command, secrets, cwd, timeout, stdin), processId: id)
        let answer: ProcessStartResponse = try await transport.send(.POST, "/api/process/start", body: body)
        return process(answer.processId)
    }

    /// A process by its id; whether there is one shows with the first call.
    public func process(_ id: String) -> SandboxProcess { SandboxProcess(id: id, client: self) }

    /// All processes of all sessions that the server knows, in the order of their starts; those that are over too.
    public func processes() async throws(SandboxClientError) -> [ProcessInfoBody] {
        let answer: ProcessListAnswer = try await transport.send(.GET, "/api/process/list")
        return answer.processes
    }

    /// Ends all that run, and returns how many there were.
    @discardableResult
    public func killAllProcesses() async throws(SandboxClientError) -> Int {
        let answer: CleanupAnswer = try await transport.send(.DELETE, "/api/process/kill-all")
        return answer.cleanedCount
    }
}
