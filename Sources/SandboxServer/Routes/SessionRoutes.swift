import FoundationEssentials
import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

/// `/api/session/…`.
struct SessionRoutes: Sendable {
    let sessions: SessionTable
    let processes: ProcessTable
    let terminals: TerminalTable
    let planner: ExecPlanner

    func add(to router: Router<SandboxContext>) {
        router.post("/api/session/create") { request, context in try await create(request, context) }
        router.get("/api/session/list") { _, _ in
            // A terminal lives without a shell of its name too, and who looks for it here can end it.
            let ids = Set(await sessions.ids).union(await terminals.ids)
            return JSONResponse.make(SessionListAnswer(data: ids.sorted()))
        }
        router.post("/api/session/delete") { request, _ in
            let limit = planner.configuration.bodyLimitBytes
            let body = try await RequestDecoding.decode(SessionDeleteRequest.self, from: request, limit: limit)
            AuditNote.add { $0.session = body.sessionId }
            return try await delete(try SessionReference.checked(body.sessionId))
        }
    }

    private func create(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let body = try await RequestDecoding.decode(
            SessionCreateRequest.self,
            from: request,
            limit: planner.configuration.bodyLimitBytes,
            whenEmpty: SessionCreateRequest()
        )
        let id = try body.id.flatMap { $0.isEmpty ? nil : $0 }.map(SessionReference.checked) ?? Self.newID()
        AuditNote.add { $0.session = id }
        guard id != SessionTable.sessionless else { throw APIError.invalid("id", "means that there is no session") }
        // The same rules as for a command's.
        let settings = try planner.settings(
            ExecuteRequest(command: ":", env: body.env, cwd: body.cwd, timeoutMs: body.commandTimeoutMs),
            hasTimeout: body.commandTimeoutMs != nil,
            context.logger
        )
        do {
            let session = try await sessions.create(id, settings)
            return JSONResponse.make(
                SessionCreateAnswer(id: id, cwd: session.directory, namespace: session.namespace)
            )
        } catch let error as HelperClientError {
            throw APIError(error, hello: planner.hello)
        }
    }

    private func delete(_ id: String) async throws -> Response {
        let removed = await sessions.remove(id)
        let hadTerminal = await terminals.close(id)
        guard removed.wasThere || hadTerminal else {
            throw APIError(.internalError, "Session '\(id)' not found", context: ["sessionId": .string(id)])
        }
        try await removed.session?.end(grace: .seconds(1))
        // What ran in cells of their own on its behalf goes too; the rest has gone with the shell's keeper.
        for process in processes.all where process.sessionID == id && !process.isOver {
            _ = try await process.kill(graceMilliseconds: 0)
        }
        return JSONResponse.make(SessionDeleteAnswer(sessionId: id))
    }

    /// `session_<milliseconds since 1970>_<12 hexadecimal digits>`
    private static func newID() -> String {
        let random = String(UInt64.random(in: 0..<(1 << 48)), radix: 16)
        let digits = String(repeating: "0", count: 12 - random.count) + random
        return "session_\(Int(Date.now.timeIntervalSince1970 * 1000))_\(digits)"
    }
}
