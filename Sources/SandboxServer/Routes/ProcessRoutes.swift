import FoundationEssentials
import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

/// `/api/process/…`: background commands, of all sessions.
struct ProcessRoutes: Sendable {
    let starter: ProcessStarter
    let processes: ProcessTable
    let planner: ExecPlanner

    static func newID() -> String {
        ProcessID.generated(milliseconds: Int(Date.now.timeIntervalSince1970 * 1000))
    }

    func add(to router: Router<SandboxContext>) {
        let group = router.group("/api/process")
        group.post("/start") { request, context in try await start(request, context) }
        // Before {id}, which would take them.
        group.get("/list") { request, _ in list(status: request.uri.queryParameters["status"].map(String.init)) }
        group.delete("/kill-all") { _, _ in try await killAll() }
        group.get("/{id}") { _, context in
            let process = try process(context)
            try await process.settle()
            return JSONResponse.make(ProcessAnswer(process: Self.body(process)))
        }
        group.delete("/{id}") { _, context in try await kill(try process(context)) }
        group.get("/{id}/logs") { _, context in
            let process = try process(context)
            try await process.settle()
            let (output, error, missed) = process.log.kept()
            return JSONResponse.make(
                ProcessLogsAnswer(
                    processId: process.id,
                    stdout: output,
                    stderr: missed > 0 ? Self.notice(missed) + error : error
                )
            )
        }
        group.get("/{id}/stream") { _, context in
            let process = try process(context)
            return EventStream.response(context) { try await Self.stream(process, to: $0) }
        }
    }

    private func start(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let body = try await RequestDecoding.decode(
            ProcessStartRequest.self,
            from: request,
            limit: starter.configuration.bodyLimitBytes
        )
        if let id = body.processId, !ProcessID.isValid(id) {
            throw APIError.invalid(
                "processId",
                "must be 1 to 128 letters, digits and ._- and begin with one of the first two"
            )
        }
        let session = try SessionReference.id(body.execute.sessionId)
        let plan = try planner.plan(body.execute, context.logger)
        let process: ManagedProcess
        do {
            process = try await starter.start(
                plan,
                id: body.processId ?? Self.newID(),
                sessionID: session == SessionTable.sessionless ? nil : session
            )
        } catch let error as HelperClientError {
            throw APIError(error, hello: planner.hello)
        }
        return JSONResponse.make(ProcessStartResponse(id: process.id, pid: process.pid, command: process.command))
    }

    private func list(status: String?) -> Response {
        let all = processes.all.filter { status == nil || $0.status.rawValue == status }
        return JSONResponse.make(ProcessListAnswer(processes: all.map(Self.body)))
    }

    private func killAll() async throws -> Response {
        let running = processes.all.filter { !$0.isOver }
        let count = try await withThrowingTaskGroup(of: Bool.self) { group in
            for process in running {
                group.addTask { try await process.kill(graceMilliseconds: ProcessStarter.graceMilliseconds) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        return JSONResponse.make(CleanupAnswer(cleanedCount: count))
    }

    private func kill(_ process: ManagedProcess) async throws -> Response {
        guard try await process.kill(graceMilliseconds: ProcessStarter.graceMilliseconds) else {
            throw APIError(
                .commandNotFound,
                "The process is over already.",
                context: ["processId": .string(process.id)],
                operation: "process.kill"
            )
        }
        return JSONResponse.make(ProcessKillAnswer(processId: process.id))
    }

    private func process(_ context: SandboxContext) throws -> ManagedProcess {
        let id = try context.parameters.require("id", as: String.self)
        guard let process = processes[id] else {
            throw APIError.processNotFound(id)
        }
        AuditNote.add { $0.process = id }
        return process
    }

    static func body(_ process: ManagedProcess) -> ProcessInfoBody {
        ProcessInfoBody(
            id: process.id,
            pid: process.pid,
            command: process.command,
            status: process.status.rawValue,
            startTime: Timestamp.text(process.started),
            endTime: process.ended.map(Timestamp.text),
            exitCode: process.exitCode
        )
    }

    /// What is known, what was written, what is written, the end.
    private static func stream(_ process: ManagedProcess, to writer: EventWriter) async throws {
        try await writer.send(
            StreamEvent(
                type: "process_info",
                command: process.command,
                processId: process.id,
                pid: process.pid,
                status: process.status.rawValue
            )
        )
        try await output(of: process, to: writer, processID: process.id)
        let code = try await process.exit.wait()
        try await writer.send(
            StreamEvent(
                type: "exit",
                data: "Process \(process.status.rawValue) with exit code \(code)",
                processId: process.id,
                status: process.status.rawValue,
                exitCode: code
            )
        )
    }

    /// The output as events, kept and live.
    static func output(of process: ManagedProcess, to writer: EventWriter, processID: String?) async throws {
        try await process.log.read { event in
            switch event {
            case .text(.output, let text):
                try await writer.send(StreamEvent(type: "stdout", data: text, processId: processID))
            case .text(.error, let text):
                try await writer.send(StreamEvent(type: "stderr", data: text, processId: processID))
            case .missed(let count):
                try await writer.send(StreamEvent(type: "stderr", data: notice(count), processId: processID))
            }
        }
    }

    private static func notice(_ missed: Int) -> String { "\n[\(missed) bytes of earlier output are not kept]\n" }
}

extension APIError {
    static func processNotFound(_ id: String) -> APIError {
        APIError(
            .processNotFound,
            "There is no process of this id.",
            context: ["processId": .string(String(id.prefix(256)))],
            operation: "process.get"
        )
    }
}
