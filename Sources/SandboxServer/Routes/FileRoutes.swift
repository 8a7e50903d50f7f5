import Hummingbird
import NIOCore
import SandboxAPI

/// The routes of files but the raw ones. Decode, call, encode.
struct FileRoutes: Sendable {
    let files: FileService
    let configuration: ServerConfiguration

    func add(to router: Router<SandboxContext>) {
        addContents(to: router)
        addNames(to: router)
        addRaw(to: router)
    }

    private func addContents(to router: Router<SandboxContext>) {
        router.post("/api/read") { request, _ in try await read(try await decode(request)) }
        router.post("/api/read/stream") { request, context in
            try await readStream(try await decode(request), context)
        }
        router.post("/api/write") { request, _ in try await write(try await decode(request)) }
    }

    private func addNames(to router: Router<SandboxContext>) {
        router.post("/api/delete") { request, _ in
            let body: FilePathRequest = try await decode(request)
            try await files.delete(try await files.path(body.path, session: body.sessionId))
            return JSONResponse.make(FilePathResponse(path: body.path))
        }
        router.post("/api/exists") { request, _ in
            let body: FilePathRequest = try await decode(request)
            let exists = try await files.exists(try await files.path(body.path, session: body.sessionId))
            return JSONResponse.make(FileExistsResponse(path: body.path, exists: exists))
        }
        router.post("/api/rename") { request, _ in
            let body: RenameFileRequest = try await decode(request)
            let from = try await files.path(body.oldPath, field: "oldPath", session: body.sessionId)
            let to = try await files.path(body.newPath, field: "newPath", session: body.sessionId)
            try await files.move(from, to, operation: "file.rename")
            return JSONResponse.make(FileMoveResponse(path: body.oldPath, newPath: body.newPath))
        }
        router.post("/api/move") { request, _ in
            let body: MoveFileRequest = try await decode(request)
            let from = try await files.path(body.sourcePath, field: "sourcePath", session: body.sessionId)
            let to = try await files.path(body.destinationPath, field: "destinationPath", session: body.sessionId)
            try await files.move(from, to, operation: "file.move")
            return JSONResponse.make(FileMoveResponse(path: body.sourcePath, newPath: body.destinationPath))
        }
        router.post("/api/mkdir") { request, _ in
            let body: MakeDirectoryRequest = try await decode(request)
            let recursive = body.recursive ?? false
            let path = try await files.path(body.path, session: body.sessionId)
            try await files.makeDirectory(path, withParents: recursive)
            return JSONResponse.make(MakeDirectoryResponse(path: body.path, recursive: recursive))
        }
        router.post("/api/list-files") { request, _ in
            let body: ListFilesRequest = try await decode(request)
            let listing = try await files.list(
                try await files.path(body.path, session: body.sessionId),
                recursive: body.options?.recursive ?? false,
                hidden: body.options?.includeHidden ?? false
            )
            return Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "no-store"],
                body: listing
            )
        }
    }

    func decode<Value: Decodable>(_ request: Request) async throws -> Value {
        try await RequestDecoding.decode(Value.self, from: request, limit: configuration.bodyLimitBytes)
    }

    /// Small letters; nil where none is named.
    private static func encoding(_ name: String?) throws(APIError) -> String? {
        guard let name = name?.lowercased() else { return nil }
        guard ["utf-8", "utf8", "base64"].contains(name) else {
            throw .invalid("encoding", "must be utf-8, utf8 or base64")
        }
        return name
    }

    private func read(_ body: ReadFileRequest) async throws -> Response {
        let wish = try Self.encoding(body.encoding)
        let (content, bytes) = try await files.read(try await files.path(body.path, session: body.sessionId))
        let isBinary = wish.map { $0 == "base64" } ?? !content.type.isText
        return JSONResponse.make(
            ReadFileResponse(
                path: body.path,
                content: isBinary ? Base64.encode(bytes.readableBytesView) : String(buffer: bytes),
                encoding: isBinary ? "base64" : "utf-8",
                isBinary: isBinary,
                mimeType: content.type.name,
                size: bytes.readableBytes
            )
        )
    }

    private func write(_ body: WriteFileRequest) async throws -> Response {
        let encoding = try Self.encoding(body.encoding)
        let path = try await files.path(body.path, session: body.sessionId)
        let bytes: ByteBuffer
        if encoding == "base64" {
            guard let decoded = Base64.decode(body.content) else {
                throw APIError.invalid("content", "must be base64")
            }
            bytes = ByteBuffer(bytes: decoded)
        } else {
            bytes = ByteBuffer(string: body.content)
        }
        try await files.write(bytes, to: path)
        return JSONResponse.make(FilePathResponse(path: body.path))
    }
}
