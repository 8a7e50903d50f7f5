import AgentProtocol
import HelperProtocol
import SandboxAPI

/// Watches paths of requests: judges them, and turns what goes wrong into errors of the API.
struct WatchService: Sendable {
    private static let operation = "file.watch"

    let files: FileService
    let hub: WatchHub

    /// - Throws: NOT_FOUND, PERMISSION_DENIED for a path outside the workspace, RESOURCE_BUSY, WATCH_START_ERROR.
    func subscribe(_ request: WatchRequest) async throws -> WatchSubscription {
        try await starting(request) { try await hub.subscribe($0) }
    }

    /// The same for one check.
    func check(_ request: WatchRequest) async throws -> WatchCheckResponse {
        var since: WatchVersion?
        if let text = request.since {
            since = WatchVersion(text)
            guard since != nil else { throw APIError.invalid("since", "must be a version that a check gave") }
        }
        let known = since
        return try await starting(request) { try await hub.check($0, since: known) }
    }

    private func starting<Value: Sendable>(
        _ request: WatchRequest,
        _ start: (WatchKey) async throws -> Value
    ) async throws -> Value {
        // What is wrong with the request itself comes first, before anything is looked up.
        _ = try WatchKey(request, path: [])
        let path = try await files.path(request.path, session: request.sessionId)
        let key = try WatchKey(request, path: try await resolve(path))
        do {
            return try await files.reporting(path, Self.operation) { try await start(key) }
        } catch let error as APIError where error.body.code == ErrorCode.filesystemError.rawValue {
            throw startError(error.body.message)
        } catch let error as APIError where error.body.code == ErrorCode.noSpace.rawValue {
            throw startError("The user has no inotify watches left (fs.inotify.max_user_watches)")
        }
    }

    private func startError(_ message: String) -> APIError {
        APIError(.watchStartError, message, operation: Self.operation)
    }

    /// The path without links, which must be the workspace or below it.
    private func resolve(_ path: FilePath) async throws -> [UInt8] {
        let workspace = try FilePath(files.hello.workspace, in: "/")
        let root = try await real(workspace)
        let resolved = try await real(path)
        guard root == [0x2F] || resolved == root || resolved.starts(with: root + [0x2F]) else {
            throw APIError(file: .permissionDenied, "Only the workspace can be watched", path, Self.operation)
        }
        return resolved
    }

    private func real(_ path: FilePath) async throws -> [UInt8] {
        let answer = try await files.ask(.resolve(path: path.bytes), path, Self.operation)
        guard case .done(let real) = answer.reply else {
            throw APIError(.unexpectedReply, path, operation: Self.operation, hello: files.hello)
        }
        return real
    }
}
