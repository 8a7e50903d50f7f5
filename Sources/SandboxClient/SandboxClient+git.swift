import NIOHTTP1
public import SandboxAPI

extension SandboxClient {
    /// Clones a repository into the sandbox.
    ///
    /// Credentials in the address are seen by the clone alone, which runs in a cell; they are in no argument, no file and
    /// no answer. The clone belongs to the sandbox's user.
    ///
    /// - Parameters:
    ///   - branch: A branch or tag; the remote's own choice if nil.
    ///   - directory: Where it goes; named after the repository, in the workspace, if nil.
    ///   - depth: How many commits to fetch; all if nil.
    public func checkOut(
        _ repository: String,
        branch: String? = nil,
        into directory: String? = nil,
        depth: Int? = nil,
        timeout: Duration? = nil
    ) async throws(SandboxClientError) -> GitCheckoutAnswer {
        var request = GitCheckoutRequest(
            repoUrl: SecretBytes(Array(repository.utf8)),
            branch: branch,
            targetDir: directory,
            sessionId: sessionID,
            depth: depth,
            timeoutMs: timeout.map(\.wholeMilliseconds)
        )
        request.workspace = workspace
        return try await transport.send(.POST, "/api/git/checkout", body: request)
    }
}
