import HelperClient
import HelperProtocol
import Hummingbird
import Logging
import Metrics
import SandboxAPI

/// `POST /api/execute`.
struct ExecuteRoutes: Sendable {
    let runner: CommandRunner
    let sessions: SessionTable
    let starter: ProcessStarter
    let planner: ExecPlanner

    func add(to router: Router<SandboxContext>) {
        router.post("/api/execute") { request, context in
            let clock = ContinuousClock()
            let start = clock.now
            let body = try await RequestDecoding.decode(
                ExecuteRequest.self,
                from: request,
                limit: runner.configuration.bodyLimitBytes
            )
            let session = try SessionReference.id(body.sessionId, request)
            return try await execute(body, session, context, since: start, clock)
        }
    }

    private func execute(
        _ request: ExecuteRequest,
        _ sessionID: String,
        _ context: SandboxContext,
        since start: ContinuousClock.Instant,
        _ clock: ContinuousClock
    ) async throws -> Response {
        var plan = try planner.plan(request, context.logger)
        let isSessionless = sessionID == SessionTable.sessionless
        if request.background == true { return try await startInBackground(plan, isSessionless ? nil : sessionID) }
        let outcome: CommandRunner.Outcome
        do {
            outcome = try await run(plan, isSessionless ? nil : sessionID, until: context.connection.closed)
        } catch let error as HelperClientError {
            count(plan, "failed")
            throw APIError(error, hello: planner.hello)
        }
        switch outcome {
        case .finished(let exitCode, let output, let error):
            count(plan, "finished")
            if !isSessionless, let session = await sessions.existing(sessionID), session.namespace == .secure {
                plan.namespace = .secure
            }
            return answer(exitCode, output, error, plan, request, Int((clock.now - start) / .milliseconds(1)))
        case .timedOut(let milliseconds, let output, var error):
            count(plan, "timeout")
            guard isSessionless else { throw Self.timeout(milliseconds) }
            // Clients of the sessionless form expect what timeout(1) would give them.
            error.bytes.writeString("Command timeout after \(milliseconds)ms\n")
            return answer(124, output, error, plan, request, Int((clock.now - start) / .milliseconds(1)))
        case .shellEnded(let status):
            count(plan, "shell_ended")
            throw APIError.sessionTerminated(sessionID, status: status)
        case .disconnected:
            count(plan, "disconnected")
            // Nobody reads this.
            throw APIError(.commandExecutionError, "The caller is gone.", operation: "command.execute")
        }
    }

    private func run(
        _ plan: ExecPlan,
        _ sessionID: String?,
        until disconnected: OneShot<Void>
    ) async throws -> CommandRunner.Outcome {
        guard let sessionID else { return try await runner.runAlone(plan, until: disconnected) }
        // With a credential the command gets a cell; of the session it takes the directory and nothing else.
        if plan.namespace == .secure, await sessions.existing(sessionID) == nil {
            return try await runner.runAlone(plan, until: disconnected)
        }
        let session = try await sessions.session(sessionID, plan.sessionSettings)
        if plan.namespace == .secure {
            return try await runner.runAlone(plan, inTurnOf: session, until: disconnected)
        }
        let outcome: CommandRunner.Outcome
        do {
            outcome = try await runner.run(plan, in: session, until: disconnected)
        } catch HelperClientError.connectionLost where session.shellEnded.value != nil {
            // While this one waited for its turn. What it relied on is gone, so it does not run in another shell unasked.
            outcome = .shellEnded(status: session.shellEnded.value ?? nil)
        }
        if session.shellEnded.value != nil { await sessions.evict(session) }
        // Without the helper nothing runs here any more, which is another error than a killed session.
        if case .shellEnded(nil) = outcome { _ = try await starter.helper.status() }
        return outcome
    }

    private func startInBackground(_ plan: ExecPlan, _ sessionID: String?) async throws -> Response {
        let process: ManagedProcess
        do {
            process = try await starter.start(plan, id: ProcessRoutes.newID(), sessionID: sessionID)
        } catch let error as HelperClientError {
            throw APIError(error, hello: planner.hello)
        }
        return JSONResponse.make(ProcessStartResponse(id: process.id, pid: process.pid, command: process.command))
    }

    private func answer(
        _ exitCode: Int,
        _ output: CapturedOutput,
        _ error: CapturedOutput,
        _ plan: ExecPlan,
        _ request: ExecuteRequest,
        _ duration: Int
    ) -> Response {
        JSONResponse.make(
            ExecuteResponse(
                exitCode: exitCode,
                stdout: OutputText.text(output.bytes),
                stderr: OutputText.text(error.bytes),
                command: plan.command,
                duration: duration,
                sessionId: request.sessionId,
                namespace: plan.namespace,
                stdoutTruncated: output.isTruncated,
                stderrTruncated: error.isTruncated,
                isolation: planner.isUnprotected(plan) ? planner.hello.mode?.name : nil
            ),
            holding: [output.share, error.share]
        )
    }

    static func timeout(_ milliseconds: Int) -> APIError {
        APIError(
            .commandExecutionError,
            "Command timeout after \(milliseconds)ms",
            context: ["timeoutMs": .integer(milliseconds)],
            operation: "command.execute"
        )
    }

    private func count(_ plan: ExecPlan, _ outcome: String) {
        Counter(
            label: "sandbox_exec_total",
            dimensions: [("namespace", plan.namespace.rawValue), ("outcome", outcome)]
        ).increment()
    }
}
