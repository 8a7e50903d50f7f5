import AgentProtocol
import HelperClient
import HelperProtocol
import Logging
import SandboxAPI

/// Clones repositories: in the session's shell, or, with credentials in the address, in a cell that alone knows them.
///
/// In a cell git asks a helper that answers from the environment and for the address's own host only; so the token is in
/// no command line, no configuration, and out of reach of whatever runs in `user`.
struct GitCheckout: Sendable {
    let runner: CommandRunner
    let sessions: SessionTable
    let planner: ExecPlanner

    /// A request that has been judged.
    struct Order: Sendable {
        var url: GitURL
        var branch: String?
        var depth: Int?
        /// Absolute.
        var target: String
        var timeoutMilliseconds: Int
        /// nil for no session.
        var sessionID: String?
    }

    /// Clones and returns the branch that is checked out.
    func run(_ order: Order, _ logger: Logger, until disconnected: OneShot<Void>) async throws -> String {
        let outcome =
            if order.url.credentials == nil {
                try await clone(order, logger, disconnected)
            } else {
                try await cloneInCell(order, logger, disconnected)
            }
        switch outcome {
        case .finished(0, let output, _):
            let branch = OutputText.text(output.bytes)
            return branch.isEmpty || branch == "HEAD" ? order.branch ?? branch : branch
        case .finished(let exitCode, _, let error):
            throw failure(order, exitCode, OutputText.text(error.bytes))
        case .timedOut(let milliseconds, _, _):
            throw failure(order, 124, "The clone did not end within \(milliseconds) ms.")
        case .shellEnded(let status):
            throw APIError.sessionTerminated(order.sessionID ?? SessionTable.defaultID, status: status)
        case .disconnected:
            throw APIError(.gitOperationFailed, "The caller is gone.", operation: "git.clone")
        }
    }

    private func clone(
        _ order: Order,
        _ logger: Logger,
        _ disconnected: OneShot<Void>
    ) async throws -> CommandRunner.Outcome {
        let target = ShellQuoting.quoted(order.target)
        // In a subshell: nothing of it stays in the session.
        let command =
            "(GIT_TERMINAL_PROMPT=0 \(arguments(order, isComplete: false)) \(target) && \(Self.branch(target)))"
        let plan = try planner.plan(
            ExecuteRequest(command: command, timeoutMs: order.timeoutMilliseconds),
            logger
        )
        guard let id = order.sessionID else { return try await runner.runAlone(plan, until: disconnected) }
        let session = try await sessions.session(id, plan.sessionSettings)
        let outcome = try await runner.run(plan, in: session, until: disconnected)
        if session.shellEnded.value != nil { await sessions.evict(session) }
        return outcome
    }

    private func cloneInCell(
        _ order: Order,
        _ logger: Logger,
        _ disconnected: OneShot<Void>
    ) async throws -> CommandRunner.Outcome {
        let workspace = planner.hello.workspace
        // The clone is made where the cell alone can write, and without a working tree: git runs programs that a
        // repository's configuration names, and what user code can write it must not read while it knows the password.
        let clone = "\"$HOME/clone\""
        let staged = ShellQuoting.quoted("\(workspace)/.checkout-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
        let helper =
            "!f() { test \"$1\" = get && printf '%s\\n' \"username=$SANDBOX_GIT_USER\" \"password=$SANDBOX_GIT_PASSWORD\"; }; f"
        let command = """
            git -c credential.helper= -c \(ShellQuoting.quoted("credential.\(order.url.origin).helper=\(helper)")) \
            \(arguments(order, isComplete: true).dropFirst("git ".count)) \(clone) && \(Self.branch(clone)) \
            && cp -R -- \(clone) \(staged)
            """
        var env: [String: SecretBytes] = ["GIT_TERMINAL_PROMPT": SecretBytes([UInt8(ascii: "0")])]
        env["SANDBOX_GIT_USER"] = order.url.credentials?.user
        env["SANDBOX_GIT_PASSWORD"] = order.url.credentials?.password
        let plan = try planner.plan(
            ExecuteRequest(command: command, env: env, cwd: workspace, timeoutMs: order.timeoutMilliseconds),
            logger
        )
        let outcome = try await runner.runAlone(plan, until: disconnected)
        // In a task of its own: also a caller that has gone must not leave the copy behind.
        let task = Task { try await handOver(outcome, order, from: staged, logger) }
        return try await task.value
    }

    /// Makes a clone the user's, by a copy that the user makes, and gives it its working tree; no credential is near.
    private func handOver(
        _ outcome: CommandRunner.Outcome,
        _ order: Order,
        from staged: String,
        _ logger: Logger
    ) async throws -> CommandRunner.Outcome {
        let target = ShellQuoting.quoted(order.target)
        var isCloned = false
        if case .finished(0, _, _) = outcome { isCloned = true }
        let move = """
            if test -e \(target) && ! rmdir -- \(target) 2>/dev/null; then \
            echo 'fatal: destination path already exists and is not an empty directory' >&2; code=128; \
            else mkdir -p -- "$(dirname -- \(target))" && cp -R --preserve=mode,timestamps,links -- \(staged) \(target) \
            && git -C \(target) reset --hard --quiet; code=$?; fi; rm -rf -- \(staged); exit $code
            """
        let command = isCloned ? move : "rm -rf -- \(staged)"
        let plan = try planner.plan(
            ExecuteRequest(command: command, timeoutMs: order.timeoutMilliseconds),
            logger
        )
        // The audit log tells how the clone ended, not how it was cleared away.
        guard isCloned else {
            _ = try await AuditNote.$current.withValue(nil) { try await runner.runAlone(plan, until: OneShot()) }
            return outcome
        }
        let moved = try await runner.runAlone(plan, until: OneShot())
        guard case .finished(let code, _, _) = moved, code != 0 else { return outcome }
        return moved
    }

    /// - Parameter isComplete: Whether everything is fetched now, because later git would need the credentials for the
    ///   rest, and nothing is checked out.
    private func arguments(_ order: Order, isComplete: Bool) -> String {
        var words = "git -c http.lowSpeedLimit=1024 -c http.lowSpeedTime=30 clone"
        words += isComplete ? " --no-checkout" : " --filter=blob:none"
        if let branch = order.branch { words += " --branch=\(ShellQuoting.quoted(branch))" }
        if let depth = order.depth { words += " --depth=\(depth)" }
        return words + " -- \(ShellQuoting.quoted(order.url.address))"
    }

    private static func branch(_ target: String) -> String {
        "{ git -C \(target) symbolic-ref --quiet --short HEAD || git -C \(target) rev-parse --abbrev-ref HEAD; }"
    }

    private func failure(_ order: Order, _ exitCode: Int, _ stderr: String) -> APIError {
        let code = GitFailure.code(exitCode: exitCode, stderr: stderr)
        // Git has never seen the credentials in the address, and its words do not hold them.
        let words = String(stderr.suffix(4096))
        return APIError(
            code,
            "git clone failed (exit code \(exitCode)): \(words)",
            context: [
                "repository": .string(order.url.address), "branch": order.branch.map { .string($0) } ?? .null,
                "targetDir": .string(order.target), "exitCode": .integer(exitCode), "stderr": .string(words),
            ],
            operation: "git.clone"
        )
    }
}
