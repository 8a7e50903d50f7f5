/// The codes of error answers, each with its one HTTP status.
public enum ErrorCode: String, Codable, Sendable, CaseIterable {
    case validationFailed = "VALIDATION_FAILED"
    case invalidCommand = "INVALID_COMMAND"
    case notDirectory = "NOT_DIRECTORY"
    case invalidPort = "INVALID_PORT"
    case unauthorized = "UNAUTHORIZED"
    case permissionDenied = "PERMISSION_DENIED"
    case fileNotFound = "FILE_NOT_FOUND"
    case unknownRoute = "UNKNOWN_ERROR"
    case portNotExposed = "PORT_NOT_EXPOSED"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case portAlreadyExposed = "PORT_ALREADY_EXPOSED"
    case requestTooLarge = "REQUEST_TOO_LARGE"
    case commandExecutionError = "COMMAND_EXECUTION_ERROR"
    case isolationUnavailable = "ISOLATION_UNAVAILABLE"
    case internalError = "INTERNAL_ERROR"
    case notImplemented = "NOT_IMPLEMENTED"
    case serviceNotResponding = "SERVICE_NOT_RESPONDING"
    case interpreterNotReady = "INTERPRETER_NOT_READY"
    case containerUnavailable = "CONTAINER_UNAVAILABLE"

    /// The HTTP status that goes with the code. 503 only where a retry is welcome: clients retry every 503.
    public var httpStatus: Int {
        switch self {
        case .validationFailed, .invalidCommand, .notDirectory, .invalidPort: 400
        case .unauthorized: 401
        case .permissionDenied: 403
        case .fileNotFound, .unknownRoute, .portNotExposed: 404
        case .methodNotAllowed: 405
        case .portAlreadyExposed: 409
        case .requestTooLarge: 413
        case .commandExecutionError, .isolationUnavailable, .internalError: 500
        case .notImplemented: 501
        case .serviceNotResponding: 502
        case .interpreterNotReady, .containerUnavailable: 503
        }
    }
}
