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
        try checkCredentials(in: plan.namespace)
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
    func isUnprotected(_ plan: ExecPlan) -> Bool { isUnprotected(plan.namespace) }

    private func isUnprotected(_ namespace: NamespaceName) -> Bool {
        namespace == .secure && hello.mode?.protectsCredentials == false
    }

    private func checkCredentials(in namespace: NamespaceName) throws(APIError) {
        guard !isUnprotected(namespace) || hello.acceptsUnprotectedCredentials else {
            throw APIError.credentialsUnprotected(hello)
        }
    }

    /// Refuses variables of code where those of a command would be, and notes in the log whose protection is not complete.
    ///
    /// - Parameter names: Of the variables.
    /// - Returns: The running mode, if it does not protect them fully.
    func checkCode(variables names: [String], _ logger: Logger) throws(APIError) -> IsolationMode? {
        guard hello.mode != nil else { throw APIError.isolationUnavailable(hello) }
        let namespace = names.isEmpty ? NamespaceName.user : .secure
        try checkCredentials(in: namespace)
        guard isUnprotected(namespace) else { return nil }
        logger.warning(
            "Running code with credentials that are not fully protected.",
            metadata: ["variables": "\(names.joined(separator: ","))"]
        )
        return hello.mode
    }
}
