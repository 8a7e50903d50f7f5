import HelperClient
import HelperProtocol
import Logging
import SandboxAPI

/// Makes, restores and sends archives of directories, with the user's rights.
struct BackupService: Sendable {
    let runner: CommandRunner
    let planner: ExecPlanner
    let rules: BackupRules

    /// For one archive, or one piece of it with its repetitions.
    private static let timeoutMilliseconds = 2 * 3_600_000

    /// Archives a directory; returns the archive's size in bytes.
    func create(_ request: BackupCreateRequest, _ logger: Logger, until disconnected: OneShot<Void>) async throws -> Int
    {
        let format = request.compression?.format ?? "lz4"
        let threads = request.compression?.threads ?? 8
        try rules.check(dir: request.dir)
        try rules.check(archivePath: request.archivePath)
        try rules.check(format: format, threads: threads)
        let command = BackupCommands.create(
            dir: request.dir,
            places: rules.sources,
            archive: request.archivePath,
            format: format,
            threads: threads,
            excludes: try rules.check(excludes: request.excludes ?? []),
            leavesOutIgnored: request.gitignore == true
        )
        let output = try await run(command, [:], .backupCreateFailed, "backup.create", logger, disconnected)
        guard let size = Int(output) else {
            throw APIError(.backupCreateFailed, "The archive's size is not known.", operation: "backup.create")
        }
        return size
    }

    /// Makes a directory hold what an archive holds.
    func restore(_ request: BackupRestoreRequest, _ logger: Logger, until disconnected: OneShot<Void>) async throws {
        try rules.check(dir: request.dir)
        try rules.check(archivePath: request.archivePath)
        let command = BackupCommands.restore(
            dir: request.dir,
            places: rules.sources,
            archive: request.archivePath
        )
        _ = try await run(command, [:], .backupRestoreFailed, "backup.restore", logger, disconnected)
    }

    /// Sends pieces of an archive, each from a cell that alone knows the piece's address.
    func upload(
        _ request: BackupUploadRequest,
        _ logger: Logger,
        until disconnected: OneShot<Void>
    ) async throws -> [BackupUploadAnswer.Part] {
        try rules.check(archivePath: request.archivePath)
        guard (1...10_000).contains(request.parts.count) else {
            throw APIError.invalid("parts", "must have 1 to 10000 entries")
        }
        for part in request.parts {
            guard part.partNumber >= 1 else { throw APIError.invalid("parts.partNumber", "must be at least 1") }
            guard part.offset >= 0 else { throw APIError.invalid("parts.offset", "must be at least 0") }
            guard (1...(5 << 30)).contains(part.size) else {
                throw APIError.invalid("parts.size", "must be from 1 to \(5 << 30)")
            }
            guard UploadAddress.isAcceptable(part.url) else {
                throw APIError.invalid("parts.url", "must be an https address without control characters or quotes")
            }
        }
        var sent: [BackupUploadAnswer.Part] = []
        for part in request.parts {
            let command = BackupCommands.upload(archive: request.archivePath, offset: part.offset, size: part.size)
            let header = try await run(
                command,
                ["SANDBOX_UPLOAD_URL": part.url],
                .backupCreateFailed,
                "backup.create",
                logger,
                disconnected
            )
            guard let etag = UploadAddress.etag(inHeader: header) else {
                throw APIError(
                    .backupCreateFailed,
                    "The store did not confirm part \(part.partNumber) with an ETag.",
                    operation: "backup.create"
                )
            }
            sent.append(BackupUploadAnswer.Part(partNumber: part.partNumber, etag: etag))
        }
        return sent
    }

    private func run(
        _ command: String,
        _ env: [String: SecretBytes],
        _ code: ErrorCode,
        _ operation: String,
        _ logger: Logger,
        _ disconnected: OneShot<Void>
    ) async throws -> String {
        let plan = try planner.plan(
            ExecuteRequest(command: command, env: env, timeoutMs: Self.timeoutMilliseconds),
            logger
        )
        switch try await runner.runAlone(plan, until: disconnected) {
        case .finished(0, let output, _): return OutputText.text(output.bytes)
        case .finished(let exitCode, _, let error):
            throw failure(exitCode, OutputText.text(error.bytes), code, operation)
        case .timedOut(let milliseconds, _, _):
            throw APIError(code, "It did not end within \(milliseconds) ms.", operation: operation)
        case .shellEnded, .disconnected: throw APIError(code, "It was interrupted.", operation: operation)
        }
    }

    private func failure(_ exitCode: Int, _ stderr: String, _ code: ErrorCode, _ operation: String) -> APIError {
        let words = String(stderr.suffix(2048))
        let context: [String: JSONValue] = ["exitCode": .integer(exitCode), "stderr": .string(words)]
        switch exitCode {
        case BackupCommands.Code.noSource:
            return APIError(
                code,
                operation == "backup.create" ? "The source directory or range does not exist." : "Nothing to restore.",
                context: context,
                operation: operation
            )
        case BackupCommands.Code.noArchive:
            return APIError(.backupNotFound, "The archive does not exist or may not be read.", operation: operation)
        case BackupCommands.Code.noDirectory:
            return APIError(
                code,
                "The directory may not be written by the sandbox's user: \(words)",
                context: context,
                operation: operation,
                suggestion: "Give the sandbox's user a writable backup directory."
            )
        case BackupCommands.Code.outside: return rules.outside
        case 127:
            return APIError(
                code,
                "A tool is missing in the image: \(words)",
                context: context,
                operation: operation,
                suggestion: "Install squashfs-tools (and curl for uploads)."
            )
        default:
            return APIError(code, "It failed (exit code \(exitCode)): \(words)", context: context, operation: operation)
        }
    }
}
