import NIOHTTP1
public import SandboxAPI

/// Files, with the rights of the sandbox's user. Relative paths begin at the session's directory.
extension SandboxClient {
    /// The file as text; what is no UTF-8 in it becomes U+FFFD. At most 32 MiB: ``download(_:range:)`` has no limit.
    public func readText(_ path: String) async throws(SandboxClientError) -> String {
        let request = ReadFileRequest(path: path, encoding: "utf-8", sessionId: fileSessionID)
        let answer: ReadFileResponse = try await transport.send(.POST, "/api/read", body: request)
        return answer.content
    }

    /// Writes a text; missing directories are made, an existing file is replaced.
    public func write(_ text: String, to path: String) async throws(SandboxClientError) {
        let request = WriteFileRequest(path: path, content: text, encoding: "utf-8", sessionId: fileSessionID)
        let _: FilePathResponse = try await transport.send(.POST, "/api/write", body: request)
    }

    /// What is in a directory, sorted by the server.
    public func list(
        _ path: String,
        recursive: Bool = false,
        includeHidden: Bool = true
    ) async throws(SandboxClientError) -> [FileListEntry] {
        let request = ListFilesRequest(
            path: path,
            options: ListFilesRequest.Options(recursive: recursive, includeHidden: includeHidden),
            sessionId: fileSessionID
        )
        let answer: ListFilesResponse = try await transport.send(.POST, "/api/list-files", body: request)
        return answer.files
    }

    /// Makes a directory, with those above it, unless it exists.
    public func makeDirectory(_ path: String) async throws(SandboxClientError) {
        let request = MakeDirectoryRequest(path: path, recursive: true, sessionId: fileSessionID)
        let _: MakeDirectoryResponse = try await transport.send(.POST, "/api/mkdir", body: request)
    }

    /// Deletes a file; never a directory.
    public func delete(_ path: String) async throws(SandboxClientError) {
        let request = FilePathRequest(path: path, sessionId: fileSessionID)
        let _: FilePathResponse = try await transport.send(.POST, "/api/delete", body: request)
    }

    /// Moves a file or directory as mv(1) does: into a directory, over a file, across file systems.
    public func move(_ source: String, to destination: String) async throws(SandboxClientError) {
        let request = MoveFileRequest(
            sourcePath: source,
            destinationPath: destination,
            sessionId: fileSessionID
        )
        let _: FileMoveResponse = try await transport.send(.POST, "/api/move", body: request)
    }

    /// Whether something is there that the user can see.
    public func exists(_ path: String) async throws(SandboxClientError) -> Bool {
        let request = FilePathRequest(path: path, sessionId: fileSessionID)
        let answer: FileExistsResponse = try await transport.send(.POST, "/api/exists", body: request)
        return answer.exists
    }
}
