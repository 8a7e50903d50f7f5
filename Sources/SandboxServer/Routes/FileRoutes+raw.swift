import Hummingbird
import SandboxAPI

extension FileRoutes {
    /// `GET`, `HEAD` and `PUT /api/files/raw?path=…[&sessionId=…]`: files of any size, byte for byte.
    func addRaw(to router: Router<SandboxContext>) {
        router.get("/api/files/raw") { request, _ in
            let path = try await path(request)
            return try FileTransfer(content: try await files.open(path), name: path.name).response(request.headers)
        }
        router.put("/api/files/raw") { request, _ in
            let path = try await path(request)
            let size = try await FileUpload(files: files, path: path).receive(request)
            return JSONResponse.make(UploadFileResponse(path: path.text, size: size))
        }
    }

    private func path(_ request: Request) async throws -> FilePath {
        let query = request.uri.query
        guard let bytes = PercentCoding.value("path", in: query) else { throw APIError.invalid("path", "is missing") }
        let session = PercentCoding.value("sessionId", in: query).map { String(decoding: $0, as: UTF8.self) }
        return try FilePath(
            bytes,
            text: String(decoding: bytes, as: UTF8.self),
            field: "path",
            in: try await files.directory(session)
        )
    }
}
