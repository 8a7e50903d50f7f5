import HelperClient
import HelperProtocol
import Hummingbird
import Logging
import Metrics
import SandboxAPI

/// `POST /api/execute`.
struct ExecuteRoutes: Sendable {
    let session: ExecSession
    let hello: HelloReply
    let selector: NamespaceSelector

    func add(to router: Router<SandboxContext>) {
        router.post("/api/execute") { request, context in
            let clock = ContinuousClock()
            let start = clock.now
            let body = try await RequestDecoding.decode(
                ExecuteRequest.self,
                from: request,
                limit: session.configuration.bodyLimitBytes
            )
            return try await execute(body, context, since: start, clock)
        }
    }

    private func execute(
        _ request: ExecuteRequest,
        _ context: SandboxContext,
        since start: ContinuousClock.Instant,
        _ clock: ContinuousClock
    ) async throws -> Response {
        if request.background == true {
            throw APIError(
                .notImplemented,
                "Background processes are not supported by this version.",
                operation: "command.execute",
                suggestion: "End the command with & to leave it running in the user namespace."
            )
        }
        let plan = try ExecPlan(
            request,
            configuration: session.configuration,
            selector: selector,
            workspace: hello.workspace
        )
        guard let mode = hello.mode else { throw APIError.isolationUnavailable(hello) }
        let isUnprotected = mode == .none && plan.namespace == .secure
        // Names and sizes only.
        context.logger.log(
            level: isUnprotected ? .warning : .debug,
            isUnprotected ? "Running a command with credentials while isolation is off." : "Running a command.",
            metadata: [
                "namespace": "\(plan.namespace.rawValue)", "commandBytes": "\(plan.command.utf8.count)",
                "variables": "\(plan.variables.map(\.name).joined(separator: ","))",
            ]
        )
        let outcome: ExecSession.Outcome
        do {
            outcome = try await session.run(plan, until: context.connection.closed)
        } catch let error as HelperClientError {
            count(plan, "failed")
            throw APIError(error, hello: hello)
        }
        switch outcome {
        case .finished(let status, let output, let error):
            count(plan, "finished")
            return JSONResponse.make(
                ExecuteResponse(
                    exitCode: status.shellCode,
                    stdout: OutputText.text(output.bytes),
                    stderr: OutputText.text(error.bytes),
                    command: plan.command,
                    duration: Int((clock.now - start) / .milliseconds(1)),
                    sessionId: request.sessionId,
                    namespace: plan.namespace,
                    stdoutTruncated: output.isTruncated,
                    stderrTruncated: error.isTruncated,
                    isolation: isUnprotected ? "none" : nil
                )
            )
        case .timedOut(let milliseconds):
            count(plan, "timeout")
            throw APIError(
                .commandExecutionError,
                "Command timeout after \(milliseconds)ms",
                context: ["timeoutMs": .integer(milliseconds)],
                operation: "command.execute"
            )
        case .disconnected:
            count(plan, "disconnected")
            // Nobody reads this.
            throw APIError(.commandExecutionError, "The caller is gone.", operation: "command.execute")
        }
    }

    private func count(_ plan: ExecPlan, _ outcome: String) {
        Counter(
            label: "sandbox_exec_total",
            dimensions: [("namespace", plan.namespace.rawValue), ("outcome", outcome)]
        ).increment()
    }
}
