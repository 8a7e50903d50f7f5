import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

/// `POST /api/execute/stream`: a command whose output is sent as it is written.
///
/// The command is an entry of the process table. A reader that goes away leaves it running; it can be read again and
/// ended under the id that the first event carries.
struct StreamRoutes: Sendable {
    let starter: ProcessStarter
    let planner: ExecPlanner

    func add(to router: Router<SandboxContext>) {
        router.post("/api/execute/stream") { request, context in
            let body = try await RequestDecoding.decode(
                ExecuteRequest.self,
                from: request,
                limit: starter.configuration.bodyLimitBytes
            )
            let session = try SessionReference.id(body.sessionId, request)
            let plan = try planner.plan(body, context.logger)
            let process: ManagedProcess
            do {
                process = try await starter.start(
                    plan,
                    id: ProcessRoutes.newID(),
                    sessionID: session == SessionTable.sessionless ? nil : session
                )
            } catch let error as HelperClientError {
                throw APIError(error, hello: planner.hello)
            }
            return EventStream.response(context) { try await Self.stream(process, to: $0) }
        }
    }

    private static func stream(_ process: ManagedProcess, to writer: EventWriter) async throws {
        try await writer.send(
            StreamEvent(type: "start", command: process.command, processId: process.id, pid: process.pid)
        )
        try await ProcessRoutes.output(of: process, to: writer, processID: nil)
        let code = try await process.exit.wait()
        AuditNote.add { facts in
            facts.exitStatus = code
            facts.isTimedOut = process.isTimedOut
        }
        try await writer.send(
            process.isTimedOut
                ? StreamEvent(type: "complete", exitCode: 124, timedOut: true)
                : StreamEvent(type: "complete", exitCode: code)
        )
    }
}
