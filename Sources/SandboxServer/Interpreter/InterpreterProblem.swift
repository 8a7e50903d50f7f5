import HelperClient
import HelperProtocol
import SandboxAPI

/// Why the control plane's Jupyter did not do what it was asked: its own answer, in our words.
struct InterpreterProblem: Decodable {
    /// `context`, `language`, `limit`, `directory`, `refused` or `start`.
    var problem: String
    /// Of a directory, or of what the helper refused.
    var errno: Int32?
    /// Of what the helper refused, as it said them.
    var code: UInt16?
    var stage: UInt16?
    /// Of a start: text of ours and the kernel's own words.
    var message: String?

    /// The languages that some image can run.
    static let languages: Set = ["python", "javascript", "typescript", "bash"]

    func error(language: String, context: String?, hello: HelloReply) -> APIError {
        switch problem {
        case "context": return Self.noContext(context ?? "")
        case "language": return Self.notInstalled(language)
        case "limit":
            return APIError(
                .resourceBusy,
                "There are as many contexts as there may be; delete one, or raise server-max-contexts."
            )
        case "directory":
            let failure = HelperFailure(.stepFailed, stage: .workingDirectory, errno: errno ?? 0)
            return APIError(HelperClientError.refused(failure), hello: hello)
        case "refused":
            guard let code = code.flatMap(HelperFailure.Code.init(rawValue:)),
                let stage = stage.flatMap(Stage.init(rawValue:))
            else { return APIError(.internalError, "The helper refused the kernel.") }
            let failure = HelperFailure(code, stage: stage, errno: errno ?? 0)
            return APIError(HelperClientError.refused(failure), hello: hello)
        default: return APIError(.codeExecutionError, "The kernel could not be started: \(message ?? "unknown").")
        }
    }

    static func noContext(_ id: String) -> APIError {
        APIError(
            .contextNotFound,
            "There is no such context, or its kernel is gone.",
            context: ["contextId": .string(String(id.prefix(256)))]
        )
    }

    private static func notInstalled(_ language: String) -> APIError {
        let code: ErrorCode
        let remedy: String
        switch language {
        case "python": (code, remedy) = (.pythonNotAvailable, "install ipykernel")
        case "javascript", "typescript": (code, remedy) = (.javaScriptNotAvailable, "install deno")
        default: (code, remedy) = (.notImplemented, "install bash_kernel")
        }
        return APIError(
            code,
            "This image has no kernel for \(language).",
            suggestion: "Use the image's interpreter variant, or \(remedy) from PyPI where Jupyter is installed."
        )
    }
}
