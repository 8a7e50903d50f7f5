import HelperProtocol
import Logging
import SandboxAPI

/// Turns requests to run something into plans, and notes in the log what is about to run: names and sizes only.
struct ExecPlanner: Sendable {
    let hello: HelloReply
    let configuration: ServerConfiguration
    let selector: NamespaceSelector

    /// - Throws: What is wrong with the request, or that nothing is run here.
    func plan(_ request: ExecuteRequest, _ logger: Logger) throws(APIError) -> ExecPlan {
        let plan = try ExecPlan(
            request,
            configuration: configuration,
            selector: selector,
            workspace: hello.workspace
        )
        AuditNote.plan(plan)
        guard hello.mode != nil else { throw APIError.isolationUnavailable(hello) }
        guard plan.workspace == .readWrite || hello.mode == .namespaces else {
            throw .invalid(
                "workspace",
                "can be ro or none in mode namespaces only, and this is \(hello.mode?.name ?? "none")"
            )
        }
        let isUnprotected = isUnprotected(plan)
        guard !isUnprotected || hello.acceptsUnprotectedCredentials else {
            throw APIError.credentialsUnprotected(hello)
        }
        logger.log(
            level: isUnprotected ? .warning : .debug,
            isUnprotected ? "Running a command with credentials that are not fully protected." : "Running a command.",
            metadata: [
                "namespace": "\(plan.namespace.rawValue)", "commandBytes": "\(plan.command.utf8.count)",
                "variables": "\(plan.variables.map(\.name).joined(separator: ","))",
            ]
        )
        return plan
    }

    /// What a session is made with; the same rules as for a command that has the session's variables, directory and limit.
    func settings(
        _ request: ExecuteRequest,
        hasTimeout: Bool,
        _ logger: Logger
    )
        throws(APIError) -> SessionSettings
    {
        let plan = try plan(request, logger)
        return SessionSettings(
            variables: plan.variables,
            directory: plan.requestedDirectory,
            timeoutMilliseconds: hasTimeout ? request.timeoutMs : nil
        )
    }

    /// Whether the command has credentials that the running mode does not protect fully.
    func isUnprotected(_ plan: ExecPlan) -> Bool {
        plan.namespace == .secure && hello.mode?.protectsCredentials == false
    }
}
