import SandboxAPI

/// Reads from what git wrote why a clone failed. Pure.
enum GitFailure {
    private static let patterns: [(code: ErrorCode, words: [String])] = [
        (
            .gitBranchNotFound,
            ["remote branch", "couldn't find remote ref", "could not find remote branch", "invalid branch"]
        ),
        (
            .gitAuthFailed,
            [
                "authentication failed", "could not read username", "could not read password", "invalid credentials",
                "http basic: access denied", "permission denied (publickey", "returned error: 401",
                "returned error: 403", "terminal prompts disabled",
            ]
        ),
        (
            .gitRepositoryNotFound,
            [
                "repository not found", "does not appear to be a git repository", "does not exist",
                "returned error: 404", "repository '",
            ]
        ),
        (
            .gitNetworkError,
            [
                "could not resolve host", "connection refused", "connection timed out", "failed to connect",
                "network is unreachable", "operation too slow", "couldn't connect", "connection reset",
            ]
        ),
    ]

    /// The code for an exit code that is not 0, and the words of git. Exit code 124 is a timeout.
    static func code(exitCode: Int, stderr: String) -> ErrorCode {
        if exitCode == 124 { return .gitNetworkError }
        let text = stderr.lowercased()
        return patterns.first { row in row.words.contains { text.contains($0) } }?.code ?? .gitCloneFailed
    }
}
