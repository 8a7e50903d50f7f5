import AgentProtocol
import HelperClient
import HelperProtocol
import HelperTransport
import NIOCore
import SandboxAPI

/// Runs one command from its start to the last byte of its output: in a session's shell, or on its own.
struct CommandRunner: Sendable {
    /// How a command ended.
    enum Outcome: Sendable {
        /// With this exit code, or 128 plus the number of the signal that ended it.
        case finished(exitCode: Int, output: CapturedOutput, error: CapturedOutput)
        /// With the session's shell, which ended with this status; nil if nobody knows it.
        case shellEnded(status: Int?)
        case timedOut(milliseconds: Int, output: CapturedOutput, error: CapturedOutput)
        case disconnected
    }

    /// A command that runs, and what can be done about it.
    private struct Running: Sendable {
        var output: CommandOutput
        var error: CommandOutput
        var input: InputPipe?
        var ending: @Sendable () async throws -> ShellTicket.Ending
        /// SIGTERM, the grace time, SIGKILL; returns when everything is gone.
        var stop: @Sendable () async throws -> Void
    }

    let helper: HelperClient
    let configuration: ServerConfiguration
    let budget: DrainBudget
    let memory: OutputMemory
    let eventLoopGroup: any EventLoopGroup

    /// Runs a command of no session, or one in a cell.
    /// - Throws: ``HelperClientError`` if it could not be started or the helper is gone.
    func runAlone(_ plan: ExecPlan, until disconnected: OneShot<Void>) async throws -> Outcome {
        try await run(until: disconnected) { try await follow(try await startAlone(plan), plan.timeoutMilliseconds) }
    }

    /// Runs a command in the shell of a session, when the session's turn comes to it.
    /// - Throws: ``HelperClientError/connectionLost`` if the shell has ended meanwhile.
    func run(_ plan: ExecPlan, in session: Session, until disconnected: OneShot<Void>) async throws -> Outcome {
        try await run(until: disconnected) {
            try await session.gate.withTurn {
                try await follow(try await start(plan, in: session), timeout(plan, session))
            }
        }
    }

    /// Runs a command in a cell, in the directory and in the turn of a session.
    func runAlone(
        _ plan: ExecPlan,
        inTurnOf session: Session,
        until disconnected: OneShot<Void>
    ) async throws -> Outcome {
        try await run(until: disconnected) {
            try await session.gate.withTurn {
                var plan = plan
                plan.join(session)
                return try await follow(try await startAlone(plan), timeout(plan, session))
            }
        }
    }

    private func timeout(_ plan: ExecPlan, _ session: Session) -> Int? {
        guard !plan.hasOwnTimeout, let milliseconds = session.settings.timeoutMilliseconds else {
            return plan.timeoutMilliseconds
        }
        return milliseconds > 0 ? milliseconds : nil
    }

    /// The body, cancelled when the caller is gone.
    private func run(
        until disconnected: OneShot<Void>,
        _ body: @escaping @Sendable () async throws -> Outcome
    ) async throws -> Outcome {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await disconnected.wait()
                return .disconnected
            }
            defer { group.cancelAll() }
            do {
                return try await group.next() ?? .disconnected
            } catch is CancellationError {
                return .disconnected
            }
        }
    }

    /// Waits for a command's end or its time limit. In the latter case, and if the task is cancelled because the caller
    /// is gone, the whole tree is ended; and whoever waits for the session's turn waits for that too.
    private func follow(_ running: Running, _ timeout: Int?) async throws -> Outcome {
        defer { running.input?.close() }
        let ending: ShellTicket.Ending?
        do {
            ending = try await Self.ending(of: running, within: timeout)
        } catch {
            running.output.abandon()
            running.error.abandon()
            try? await Self.stop(running)
            throw error
        }
        guard let ending else {
            AuditNote.add { $0.isTimedOut = true }
            // What has been written by now is kept: for commands of no session it is part of the answer.
            try await Self.stop(running)
            async let output = running.output.complete()
            async let error = running.error.complete()
            return .timedOut(milliseconds: timeout ?? 0, output: await output, error: await error)
        }
        switch ending {
        case .finished(let status, _):
            AuditNote.add { $0.exitStatus = status }
            async let output = running.output.complete()
            async let error = running.error.complete()
            return .finished(exitCode: status, output: await output, error: await error)
        case .shellEnded(let status):
            running.output.abandon()
            running.error.abandon()
            return .shellEnded(status: status)
        case .lost:
            running.output.abandon()
            running.error.abandon()
            return .shellEnded(status: nil)
        }
    }

    /// Ends a command; returns when all of it is gone.
    private static func stop(_ running: Running) async throws {
        let stop = running.stop
        // In a task of its own: a cancelled one waits for nothing, and the session's turn must not pass on before.
        let task = Task { try await stop() }
        try await task.value
    }

    /// nil when the time is up.
    private static func ending(of running: Running, within timeout: Int?) async throws -> ShellTicket.Ending? {
        guard let timeout else { return try await running.ending() }
        return try await withThrowingTaskGroup(of: ShellTicket.Ending?.self) { group in
            group.addTask { try await running.ending() }
            group.addTask {
                try await Task.sleep(for: .milliseconds(timeout))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func start(_ plan: ExecPlan, in session: Session) async throws -> Running {
        var input = try CommandInput(plan.input)
        var output = try Pipe(.output)
        var error = try Pipe(.output)
        let run = ShellRun(
            number: 0,
            kind: .foreground,
            directory: plan.requestedDirectory.map { Array($0.utf8) },
            variables: plan.plainVariables
        )
        let ticket = try session.start(
            run,
            command: plan.command,
            output: output.takeWriteEnd(),
            error: error.takeWriteEnd(),
            input: input.takeReadEnd()
        )
        let grace = configuration.graceMilliseconds
        do {
            return Running(
                output: try await read(output),
                error: try await read(error),
                input: try await input.feed(on: eventLoopGroup),
                ending: { try await session.ending(of: ticket) },
                stop: { try await session.stop(ticket, graceMilliseconds: grace) }
            )
        } catch {
            // A command whose output cannot be read, or that never sees its input, must not run on.
            try? await session.stop(ticket, graceMilliseconds: 0)
            throw error
        }
    }

    private func startAlone(_ plan: ExecPlan) async throws -> Running {
        var input = try CommandInput(plan.input)
        var output = try Pipe(.output)
        var error = try Pipe(.output)
        let process = try await plan.spawn(
            helper,
            shell: configuration.shell,
            input: input.takeReadEnd(),
            output: output.takeWriteEnd(),
            error: error.takeWriteEnd()
        )
        let grace = Duration.milliseconds(configuration.graceMilliseconds)
        do {
            return Running(
                output: try await read(output),
                error: try await read(error),
                input: try await input.feed(on: eventLoopGroup),
                ending: { .finished(status: try await process.exitStatus.shellCode, directory: "") },
                stop: {
                    try await process.terminate(grace: grace)
                    _ = try await process.exitStatus
                }
            )
        } catch {
            // A command whose output cannot be read, or that never sees its input, must not run on.
            try await process.terminate(grace: .zero)
            throw error
        }
    }

    private func read(_ pipe: consuming Pipe) async throws -> CommandOutput {
        let capture = OutputCapture(limit: configuration.outputLimitBytes, memory: memory)
        return CommandOutput(
            capture: capture,
            pipe: try await OutputPipe(
                reading: pipe.takeReadEnd(),
                into: capture,
                budget: budget,
                on: eventLoopGroup
            )
        )
    }
}
