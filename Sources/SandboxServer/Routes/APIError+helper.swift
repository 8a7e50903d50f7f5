import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import SandboxAPI

extension APIError {
    private static let operation = "command.execute"

    /// What a caller is told about a command that the helper did not start.
    init(_ error: HelperClientError, hello: HelloReply) {
        switch error {
        case .refused(let failure): self.init(failure, hello: hello)
        case .connectionLost, .protocolViolation:
            self.init(.containerUnavailable, "The sandbox is restarting.", operation: Self.operation)
        case .payload: self = .invalid("env", "and command are too long together")
        case .system(let error):
            self.init(
                .containerUnavailable,
                "The server is out of resources: \(error).",
                operation: Self.operation
            )
        }
    }

    private init(_ failure: HelperFailure, hello: HelloReply) {
        switch failure.code {
        case .stepFailed: self.init(step: failure.stage, errno: failure.errno)
        case .isolationUnavailable:
            self = hello.mode == nil ? .isolationUnavailable(hello) : .credentialsUnprotected(hello)
        case .noFreeSlot:
            self.init(
                .containerUnavailable,
                "Too many commands are running; try again, or raise process-slots or cell-slots.",
                operation: Self.operation
            )
        case .namespaceDown, .shuttingDown:
            self.init(.containerUnavailable, "The sandbox is restarting.", operation: Self.operation)
        case .notPermitted, .unacceptableDescriptor, .malformedPayload, .unknownProcess, .notATerminal:
            self.init(
                .internalError,
                "The helper refused the command: \(failure.code).",
                operation: Self.operation
            )
        }
    }

    private init(step: Stage, errno: Int32) {
        let context: [String: JSONValue] = ["step": .string(step.name), "errno": .integer(Int(errno))]
        switch (step, errno) {
        case (.workingDirectory, ENOENT):
            self.init(
                .fileNotFound,
                "The working directory does not exist.",
                context: context,
                operation: Self.operation
            )
        case (.workingDirectory, ENOTDIR):
            self.init(
                .notDirectory,
                "The working directory is no directory.",
                context: context,
                operation: Self.operation
            )
        case (.workingDirectory, EACCES), (.workingDirectory, EPERM):
            self.init(
                .permissionDenied,
                "The working directory may not be entered.",
                context: context,
                operation: Self.operation
            )
        case (.workingDirectory, ELOOP), (.workingDirectory, ENAMETOOLONG): self = .invalid("cwd", "cannot be resolved")
        case (.execute, E2BIG): self = .invalid("env", "and command are too long together")
        case (_, EAGAIN), (_, ENOMEM), (_, EMFILE), (_, ENFILE):
            self.init(
                .containerUnavailable,
                "The sandbox is out of resources.",
                context: context,
                operation: Self.operation
            )
        default:
            self.init(
                .commandExecutionError,
                "The command could not be started: \(step.name): \(SystemError(errno: errno)).",
                context: context,
                operation: Self.operation
            )
        }
    }

    /// The running mode does not protect credentials fully, and the operator has not accepted that.
    static func credentialsUnprotected(_ hello: HelloReply) -> APIError {
        let mode = hello.mode?.name ?? "none"
        return APIError(
            .isolationUnavailable,
            "Mode \(mode) does not protect credentials fully (/health, G4), so no command with credentials is run.",
            context: ["mode": .string(mode)],
            operation: operation,
            suggestion:
                "Run the pair in mode namespaces (\(hello.probeFailure?.remedy ?? "--isolation namespaces")), or accept "
                + "the weakness by name: --accept-unprotected-credentials \(mode)."
        )
    }

    /// No command is ever started, and why.
    static func isolationUnavailable(_ hello: HelloReply) -> APIError {
        var context: [String: JSONValue] = [:]
        if let failure = hello.probeFailure {
            context = [
                "step": .string(failure.stage.name), "errno": .integer(Int(failure.errno)),
                "remedy": .string(failure.remedy),
            ]
        }
        return APIError(
            .isolationUnavailable,
            "The isolation that was asked for cannot be had here; no command is run.",
            context: context,
            operation: operation,
            suggestion: hello.probeFailure?.remedy
        )
    }
}
