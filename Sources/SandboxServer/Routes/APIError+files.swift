import Glibc
import HelperProtocol
import HelperTransport
import SandboxAPI

extension APIError {
    /// What a caller is told about a file operation that did not happen. The path is the caller's own.
    init(_ failure: FileFailure, _ path: FilePath, operation: String, hello: HelloReply) {
        switch failure {
        case .failed(let errno): self.init(errno: errno, path, operation: operation)
        case .timedOut: self.init(file: .filesystemError, "The file system did not answer in time", path, operation)
        case .agentLost:
            self.init(file: .filesystemError, "The sandbox was restarted during the operation", path, operation)
        case .unexpectedReply: self.init(file: .filesystemError, "The file agent failed", path, operation)
        case .noAgent(let error):
            self.init(error, hello: hello)
            body.operation = operation
        }
    }

    /// A file error with the context that its code has in the API.
    init(file code: ErrorCode, _ message: String, _ path: FilePath, _ operation: String) {
        self.init(
            code,
            "\(message): \(path.text)",
            context: ["path": .string(path.text), "operation": .string(operation)],
            operation: operation
        )
    }

    private init(errno: Int32, _ path: FilePath, operation: String) {
        switch errno {
        case ENODEV, ENXIO: self = .invalid("path", "is not a regular file")
        case ELOOP: self = .invalid("path", "cannot be resolved")
        case EINVAL: self = .invalid("path", "cannot be used for this")
        default:
            let code = Self.code(errno)
            self.init(file: code, Self.sentence(code) ?? "\(SystemError(errno: errno))", path, operation)
        }
        body.operation = operation
    }

    private static func code(_ errno: Int32) -> ErrorCode {
        switch errno {
        case EACCES, EPERM: .permissionDenied
        case ENOENT: .fileNotFound
        case EISDIR: .isDirectory
        case ENOTDIR: .notDirectory
        case ENAMETOOLONG: .nameTooLong
        case ENOSPC, EDQUOT: .noSpace
        case EROFS: .readOnly
        case EMFILE, ENFILE: .tooManyFiles
        case EMLINK: .tooManyLinks
        default: .filesystemError
        }
    }

    private static func sentence(_ code: ErrorCode) -> String? {
        switch code {
        case .permissionDenied: "Permission denied"
        case .fileNotFound: "File not found"
        case .isDirectory: "It is a directory"
        case .notDirectory: "It is no directory"
        case .nameTooLong: "The name is too long"
        case .noSpace: "No space is left"
        case .readOnly: "The file system is read-only"
        case .tooManyFiles: "Too many files are open"
        case .tooManyLinks: "The file has too many links"
        default: nil
        }
    }
}
