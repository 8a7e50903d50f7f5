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
        let isShared = (order.target + "/").hasPrefix(workspace + "/") && planner.hello.workspaceSharing != .group
        // A cell has a /tmp and a HOME of its own, and without an idmapped workspace what it makes is not the user's.
        let place =
            isShared ? order.target : "\(workspace)/.checkout-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let quoted = ShellQuoting.quoted(place)
        let helper =
            "!f() { test \"$1\" = get && printf '%s\\n' \"username=$SANDBOX_GIT_USER\" \"password=$SANDBOX_GIT_PASSWORD\"; }; f"
        let command = """
            git -c credential.helper= -c \(ShellQuoting.quoted("credential.\(order.url.origin).helper=\(helper)")) \
            \(arguments(order, isComplete: true).dropFirst("git ".count)) \(quoted) && \(Self.branch(quoted))
            """
        var env: [String: SecretBytes] = ["GIT_TERMINAL_PROMPT": SecretBytes([UInt8(ascii: "0")])]
        env["SANDBOX_GIT_USER"] = order.url.credentials?.user
        env["SANDBOX_GIT_PASSWORD"] = order.url.credentials?.password
        let plan = try planner.plan(
            ExecuteRequest(command: command, env: env, cwd: workspace, timeoutMs: order.timeoutMilliseconds),
            logger
        )
        let outcome = try await runner.runAlone(plan, until: disconnected)
        guard !isShared else { return outcome }
        return try await handOver(outcome, from: quoted, to: ShellQuoting.quoted(order.target), logger, disconnected)
    }

    /// Makes a clone the user's by a copy that the user makes.
    private func handOver(
        _ outcome: CommandRunner.Outcome,
        from place: String,
        to target: String,
        _ logger: Logger,
        _ disconnected: OneShot<Void>
    ) async throws -> CommandRunner.Outcome {
        var move = "rm -rf -- \(place)"
        if case .finished(0, _, _) = outcome {
            move = """
                { test ! -e \(target) || rmdir -- \(target) 2>/dev/null || \
                { echo 'fatal: destination path already exists and is not an empty directory' >&2; \(move); exit 128; }; } \
                && mkdir -p -- "$(dirname -- \(target))" \
                && cp -R --preserve=mode,timestamps,links -- \(place) \(target); code=$?; \(move); exit $code
                """
        }
        let plan = try planner.plan(ExecuteRequest(command: move), logger)
        let moved = try await runner.runAlone(plan, until: disconnected)
        guard case .finished(0, _, _) = outcome else { return outcome }
        guard case .finished(0, _, _) = moved else { return moved }
        return outcome
    }

    /// - Parameter isComplete: Whether everything is fetched now: later git would need the credentials for the rest.
    private func arguments(_ order: Order, isComplete: Bool) -> String {
        var words = "git -c http.lowSpeedLimit=1024 -c http.lowSpeedTime=30 clone"
        if !isComplete { words += " --filter=blob:none" }
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
