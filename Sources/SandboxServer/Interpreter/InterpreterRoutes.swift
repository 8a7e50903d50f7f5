import HTTPTypes
import Hummingbird
import NIOCore
import SandboxAPI

/// `/api/contexts`, `/api/execute/code` and `/api/interpreter/health`.
struct InterpreterRoutes: Sendable {
    /// Said where the stream ends before its time: Jupyter has ended, and the kernels with it.
    private static let lost =
        #"{"type":"error","ename":"InterpreterLost","evalue":"The code interpreter ended.","traceback":[]}"#

    let service: InterpreterService
    let bodyLimit: Int

    func add(to router: Router<SandboxContext>) {
        router.get("/api/interpreter/health") { _, _ in
            let state = await service.connector.state(on: service.eventLoopGroup.next())
            return JSONResponse.make(InterpreterHealthResponse(interpreter: state.rawValue))
        }
        router.post("/api/contexts") { request, context in
            let body = try await RequestDecoding.decode(
                ContextCreateRequest.self,
                from: request,
                limit: bodyLimit,
                whenEmpty: ContextCreateRequest()
            )
            return JSONResponse.make(try await service.create(body, context.logger))
        }
        router.get("/api/contexts") { _, _ in
            JSONResponse.make(ContextListResponse(contexts: try await service.list()))
        }
        router.delete("/api/contexts/{id}") { _, context in
            let id = context.parameters.get("id") ?? ""
            try await service.delete(id)
            return JSONResponse.make(ContextDeleteResponse(contextId: id))
        }
        router.post("/api/execute/code") { request, context in
            do {
                return try await execute(request, context)
            } catch let error as APIError {
                AuditNote.add { $0.error = error.body.code }
                return JSONResponse.make(
                    CodeErrorBody(error.body),
                    status: HTTPResponse.Status(code: error.body.httpStatus),
                    headers: error.headers
                )
            }
        }
    }

    private func execute(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let body = try await RequestDecoding.decode(ExecuteCodeRequest.self, from: request, limit: bodyLimit)
        let run = try await service.run(body, context.logger)
        return EventStream.response(context) { writer in
            do {
                try await run.events { try await writer.send(json: $0) }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try await writer.send(json: ByteBuffer(string: Self.lost))
            }
        }
    }
}
