/// The codes of error answers, each with its one HTTP status. Some are made by clients only, or belong to features that
/// only other servers of this API have; they are here so that every client can name them.
public enum ErrorCode: String, Codable, Sendable, CaseIterable {
    case isDirectory = "IS_DIRECTORY"
    case notDirectory = "NOT_DIRECTORY"
    case invalidCommand = "INVALID_COMMAND"
    case invalidPortNumber = "INVALID_PORT_NUMBER"
    case invalidPort = "INVALID_PORT"
    case invalidGitURL = "INVALID_GIT_URL"
    case customDomainRequired = "CUSTOM_DOMAIN_REQUIRED"
    case invalidJSONResponse = "INVALID_JSON_RESPONSE"
    case nameTooLong = "NAME_TOO_LONG"
    case validationFailed = "VALIDATION_FAILED"
    case missingCredentials = "MISSING_CREDENTIALS"
    case invalidMountConfig = "INVALID_MOUNT_CONFIG"
    case backupExpired = "BACKUP_EXPIRED"
    case invalidBackupConfig = "INVALID_BACKUP_CONFIG"
    case unauthorized = "UNAUTHORIZED"
    case gitAuthFailed = "GIT_AUTH_FAILED"
    case permissionDenied = "PERMISSION_DENIED"
    case commandPermissionDenied = "COMMAND_PERMISSION_DENIED"
    case processPermissionDenied = "PROCESS_PERMISSION_DENIED"
    case readOnly = "READ_ONLY"
    case fileNotFound = "FILE_NOT_FOUND"
    case commandNotFound = "COMMAND_NOT_FOUND"
    case processNotFound = "PROCESS_NOT_FOUND"
    case portNotExposed = "PORT_NOT_EXPOSED"
    case gitRepositoryNotFound = "GIT_REPOSITORY_NOT_FOUND"
    case gitBranchNotFound = "GIT_BRANCH_NOT_FOUND"
    case contextNotFound = "CONTEXT_NOT_FOUND"
    case watchNotFound = "WATCH_NOT_FOUND"
    case backupNotFound = "BACKUP_NOT_FOUND"
    case unknownRoute = "UNKNOWN_ERROR"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case processReadyTimeout = "PROCESS_READY_TIMEOUT"
    case fileExists = "FILE_EXISTS"
    case portAlreadyExposed = "PORT_ALREADY_EXPOSED"
    case portInUse = "PORT_IN_USE"
    case resourceBusy = "RESOURCE_BUSY"
    case sessionAlreadyExists = "SESSION_ALREADY_EXISTS"
    case operationInterrupted = "OPERATION_INTERRUPTED"
    case sessionDestroyed = "SESSION_DESTROYED"
    case sessionTerminated = "SESSION_TERMINATED"
    case fileTooLarge = "FILE_TOO_LARGE"
    case requestTooLarge = "REQUEST_TOO_LARGE"
    case rangeNotSatisfiable = "RANGE_NOT_SATISFIABLE"
    case commandExecutionError = "COMMAND_EXECUTION_ERROR"
    case streamStartError = "STREAM_START_ERROR"
    case processError = "PROCESS_ERROR"
    case processExitedBeforeReady = "PROCESS_EXITED_BEFORE_READY"
    case noSpace = "NO_SPACE"
    case tooManyFiles = "TOO_MANY_FILES"
    case tooManyLinks = "TOO_MANY_LINKS"
    case filesystemError = "FILESYSTEM_ERROR"
    case portOperationError = "PORT_OPERATION_ERROR"
    case gitCloneFailed = "GIT_CLONE_FAILED"
    case gitCheckoutFailed = "GIT_CHECKOUT_FAILED"
    case gitOperationFailed = "GIT_OPERATION_FAILED"
    case codeExecutionError = "CODE_EXECUTION_ERROR"
    case bucketMountError = "BUCKET_MOUNT_ERROR"
    case bucketUnmountError = "BUCKET_UNMOUNT_ERROR"
    case s3fsMountError = "S3FS_MOUNT_ERROR"
    case watchStartError = "WATCH_START_ERROR"
    case watchStopError = "WATCH_STOP_ERROR"
    case backupCreateFailed = "BACKUP_CREATE_FAILED"
    case backupRestoreFailed = "BACKUP_RESTORE_FAILED"
    case isolationUnavailable = "ISOLATION_UNAVAILABLE"
    case internalError = "INTERNAL_ERROR"
    case pythonNotAvailable = "PYTHON_NOT_AVAILABLE"
    case javaScriptNotAvailable = "JAVASCRIPT_NOT_AVAILABLE"
    case notImplemented = "NOT_IMPLEMENTED"
    case serviceNotResponding = "SERVICE_NOT_RESPONDING"
    case gitNetworkError = "GIT_NETWORK_ERROR"
    case interpreterNotReady = "INTERPRETER_NOT_READY"
    case opencodeStartupFailed = "OPENCODE_STARTUP_FAILED"
    case rpcTransportError = "RPC_TRANSPORT_ERROR"
    case containerUnavailable = "CONTAINER_UNAVAILABLE"

    /// The HTTP status that goes with the code. 503 only where a retry is welcome: clients retry every 503.
    public var httpStatus: Int {
        switch self {
        case .isDirectory, .notDirectory, .invalidCommand, .invalidPortNumber, .invalidPort, .invalidGitURL,
            .customDomainRequired, .invalidJSONResponse, .nameTooLong, .validationFailed, .missingCredentials,
            .invalidMountConfig, .backupExpired, .invalidBackupConfig:
            400
        case .unauthorized, .gitAuthFailed: 401
        case .permissionDenied, .commandPermissionDenied, .processPermissionDenied, .readOnly: 403
        case .fileNotFound, .commandNotFound, .processNotFound, .portNotExposed, .gitRepositoryNotFound,
            .gitBranchNotFound, .contextNotFound, .watchNotFound, .backupNotFound, .unknownRoute:
            404
        case .methodNotAllowed: 405
        case .processReadyTimeout: 408
        case .fileExists, .portAlreadyExposed, .portInUse, .resourceBusy, .sessionAlreadyExists,
            .operationInterrupted:
            409
        case .sessionDestroyed, .sessionTerminated: 410
        case .fileTooLarge, .requestTooLarge: 413
        case .rangeNotSatisfiable: 416
        case .pythonNotAvailable, .javaScriptNotAvailable, .notImplemented: 501
        case .serviceNotResponding, .gitNetworkError: 502
        case .interpreterNotReady, .opencodeStartupFailed, .rpcTransportError, .containerUnavailable: 503
        default: 500
        }
    }
}
