import NIOHTTP1
public import SandboxAPI

extension SandboxClient {
    /// Makes a session and returns the client for it.
    ///
    /// - Parameters:
    ///   - id: Its name; made up if nil.
    ///   - env: Variables of everything in it. With any that may be a credential the whole session lives in a cell.
    ///   - cwd: Where its shell begins; the workspace if nil.
    ///   - commandTimeout: For commands that set no limit themselves.
    public func createSession(
        _ id: String? = nil,
        env: [String: SecretBytes] = [:],
        cwd: String? = nil,
        commandTimeout: Duration? = nil
    ) async throws(SandboxClientError) -> SandboxClient {
        var request = SessionCreateRequest(
            id: id,
            env: env,
            cwd: cwd,
            commandTimeoutMs: commandTimeout.map(\.wholeMilliseconds)
        )
        request.workspace = workspace
        let answer: SessionCreateAnswer = try await transport.send(.POST, "/api/session/create", body: request)
        return inSession(answer.data.id)
    }

    /// The ids of all sessions.
    public func sessions() async throws(SandboxClientError) -> [String] {
        let answer: SessionListAnswer = try await transport.send(.GET, "/api/session/list")
        return answer.data
    }

    /// Ends a session: its shell, its terminal, and everything started from it.
    public func deleteSession(_ id: String) async throws(SandboxClientError) {
        let request = SessionDeleteRequest(sessionId: id)
        let _: SessionDeleteAnswer = try await transport.send(.POST, "/api/session/delete", body: request)
    }
}
