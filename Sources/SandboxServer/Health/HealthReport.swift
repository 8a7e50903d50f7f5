import HelperProtocol
import HelperTransport
import SandboxAPI

/// Makes the answer of `/health` from what the helper said.
enum HealthReport {
    static let warning =
        "Isolation is off (mode none): commands, credentials and the control plane are not protected from each other. "
        + "For local development only."

    static let auditWarning =
        "The audit log cannot be written: nothing is done that would have to be in it until it can be."

    /// What everybody who uses the API has to know about the running mode; nil if there is nothing to warn of.
    ///
    /// - Parameter hasToken: Whether an access token is required.
    static func warning(_ hello: HelloReply, hasToken: Bool = true) -> String? {
        guard let mode = hello.mode, mode != .none else { return hello.mode.map { _ in warning } }
        var warnings: [String] = []
        if hello.acceptsUnprotectedCredentials {
            warnings.append(
                "Commands with credentials are run in mode \(mode.name), which does not protect them fully: see G4."
            )
        }
        if mode == .landlock, !hasToken {
            warnings.append(
                "Callers in this container have the uid of user code, \(hello.ids.user), and are refused: set "
                    + "SANDBOX_SERVER_ACCESS_TOKEN_FILE, and those that show the token are admitted."
            )
        }
        return warnings.isEmpty ? nil : warnings.joined(separator: " ")
    }

    /// - Parameters:
    ///   - status: nil if the helper does not answer.
    ///   - limits: The server's own.
    static func make(
        _ hello: HelloReply,
        status: StatusReply?,
        limits: [HealthResponse.Limit] = [],
        interpreter: String? = nil,
        hasToken: Bool = true
    ) -> HealthResponse {
        let isServing = hello.mode != nil && status != nil
        return HealthResponse(
            status: isServing ? "healthy" : "unavailable",
            mode: hello.mode?.name,
            isolation: isolation(hello.mode),
            guarantees: GuaranteeTable.rows(hello),
            probeFailure: hello.probeFailure.map { failure in
                HealthResponse.ProbeFailure(
                    step: failure.stage.name,
                    errno: Int(failure.errno),
                    error: SystemError(errno: failure.errno).description,
                    remedy: failure.remedy
                )
            },
            warning: warning(hello, hasToken: hasToken),
            workspace: HealthResponse.Workspace(path: hello.workspace, sharing: hello.workspaceSharing.name),
            namespaces: (status?.namespaces ?? []).map { row in
                HealthResponse.Namespace(
                    name: row.namespace.name,
                    generation: Int(row.generation),
                    alive: row.isAlive,
                    running: Int(row.running)
                )
            },
            limits: hello.limits.map { limit in
                HealthResponse.Limit(
                    name: limit.resource.name,
                    namespace: limit.namespace.name,
                    value: Int(clamping: limit.value),
                    source: limit.source.name
                )
            } + limits,
            interpreter: interpreter,
            version: ServerVersion.current,
            helperVersion: hello.helperVersion,
            uptimeMs: status.map { Int(clamping: $0.uptimeMilliseconds) },
            namespaceSetupUs: status.map { Int(clamping: $0.namespaceSetupMicroseconds) },
            serverRestarts: status.map { Int($0.serverRestarts) }
        )
    }

    private static func isolation(_ mode: IsolationMode?) -> String {
        switch mode {
        case .namespaces: "full"
        case .users, .landlock: "partial"
        case .some(.none): "none"
        case nil: "unavailable"
        }
    }
}
