import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

/// `/api/backup/…`.
struct BackupRoutes: Sendable {
    let service: BackupService

    func add(to router: Router<SandboxContext>) {
        router.post("/api/backup/create") { request, context in
            let body = try await decode(BackupCreateRequest.self, request)
            // Archives are made in no session, but the field has a form, and the audit log names it.
            _ = try SessionReference.id(body.sessionId)
            let size = try await explained {
                try await service.create(body, context.logger, until: context.connection.closed)
            }
            return JSONResponse.make(BackupCreateAnswer(sizeBytes: size, archivePath: body.archivePath))
        }
        router.post("/api/backup/restore") { request, context in
            let body = try await decode(BackupRestoreRequest.self, request)
            _ = try SessionReference.id(body.sessionId)
            try await explained { try await service.restore(body, context.logger, until: context.connection.closed) }
            return JSONResponse.make(BackupRestoreAnswer(dir: body.dir))
        }
        router.post("/api/backup/upload-parts") { request, context in
            let body = try await decode(BackupUploadRequest.self, request)
            let parts = try await explained {
                try await service.upload(body, context.logger, until: context.connection.closed)
            }
            return JSONResponse.make(BackupUploadAnswer(parts: parts))
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ request: Request) async throws -> Value {
        try await RequestDecoding.decode(type, from: request, limit: service.planner.configuration.bodyLimitBytes)
    }

    private func explained<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as HelperClientError {
            throw APIError(error, hello: service.planner.hello)
        }
    }
}
