import SandboxAPI
import SandboxClient

/// What ends the program with a message: one sentence, and what to do about it.
struct SandboxctlError: Error {
    var message: String
    var remedy: String?
    /// sysexits.h where one fits, 125 where the sandbox could not do what was asked for (as docker(1) does), so that a
    /// command's own exit codes are not mistaken for ours.
    var exitCode: Int32 = 125

    init(_ message: String, remedy: String? = nil, exitCode: Int32 = 125) {
        self.message = message
        self.remedy = remedy
        self.exitCode = exitCode
    }

    init(_ error: SandboxClientError, url: String) {
        message = error.description
        switch error {
        case .unreachable:
            message = "There is no answer from \(url)."
            remedy =
                "Is the pair running there? Start it with 'scripts/run' or 'deploy/docker/run', or name another server with --url or SANDBOX_URL."
            exitCode = 69
        case .timeout:
            exitCode = 124
        case .cancelled:
            message = "Interrupted."
            exitCode = 130
        case .server(let body):
            remedy = body.suggestion ?? Self.remedy(error.code)
            exitCode = error.code == .unauthorized || error.code == .permissionDenied ? 77 : 125
        default: break
        }
    }

    private static func remedy(_ code: ErrorCode?) -> String? {
        switch code {
        case .unauthorized: "Name the file that holds the token with --token-file or SANDBOX_TOKEN_FILE."
        case .fileNotFound: "'sandboxctl ls' shows what is there; relative paths begin at the session's directory."
        case .processNotFound: "'sandboxctl ps' shows the processes that the server knows."
        case .sessionTerminated: "The next command gets a fresh shell."
        case .isolationUnavailable: "'sandboxctl doctor' tells what is missing."
        default: nil
        }
    }
}
