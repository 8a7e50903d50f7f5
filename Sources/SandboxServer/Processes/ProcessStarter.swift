import AgentProtocol
import HelperClient
import HelperProtocol
import NIOCore
import SandboxAPI

/// Starts background commands: in a copy of a session's shell, or, with variables that may hold credentials, in a cell.
struct ProcessStarter: Sendable {
    let sessions: SessionTable
    let processes: ProcessTable
    let work: BackgroundWork
    let helper: HelperClient
    let configuration: ServerConfiguration
    let budget: DrainBudget
    let eventLoopGroup: any EventLoopGroup

    /// Time between SIGTERM and SIGKILL when a process is ended.
    static let graceMilliseconds = 5000

    /// Starts a planned command and returns when it runs.
    ///
    /// - Parameter sessionID: nil for a command of no session.
    /// - Throws: ``APIError``, ``HelperClientError``, `CancellationError`.
    func start(_ plan: ExecPlan, id: String, sessionID: String?) async throws -> ManagedProcess {
        let process = ManagedProcess(
            id: id,
            command: plan.command,
            sessionID: sessionID,
            logBytes: min(configuration.processLogBytes, processes.shareOfMemory)
        )
        try processes.insert(process)
        AuditNote.add { $0.process = id }
        do {
            if let sessionID, plan.namespace == .user {
                let session = try await sessions.session(sessionID, plan.sessionSettings)
                try await session.gate.withTurn {
                    // Not cancellable: half a start would be a process that nobody can name.
                    let task = Task { try await start(process, plan, in: session) }
                    try await task.value
                }
            } else {
                var plan = plan
                if let sessionID, let session = await sessions.existing(sessionID) {
                    plan.join(session)
                }
                try await startAlone(process, plan)
            }
        } catch {
            process.failedToStart()
            throw error
        }
        return process
    }

    private func start(_ process: ManagedProcess, _ plan: ExecPlan, in session: Session) async throws {
        var input = try CommandInput(plan.input)
        var output = try Pipe(.output)
        var error = try Pipe(.output)
        let run = ShellRun(
            number: 0,
            kind: .background,
            directory: plan.requestedDirectory.map { Array($0.utf8) },
            variables: plan.plainVariables,
            processID: Array(process.id.utf8)
        )
        let ticket = try session.start(
            run,
            command: plan.command,
            output: output.takeWriteEnd(),
            error: error.takeWriteEnd(),
            input: input.takeReadEnd()
        )
        let feeds: [OutputPipe]
        let inputPipe: InputPipe?
        do {
            feeds = try await feed(process.log, output, error)
            inputPipe = try await input.feed(on: eventLoopGroup)
        } catch {
            // As below.
            try? await session.stop(ticket, graceMilliseconds: 0)
            throw error
        }
        guard let pid = try await session.started(ticket) else {
            switch try await ticket.ended.wait() {
            case .shellEnded(let status): throw await terminated(session, status: status)
            case .lost: throw await terminated(session, status: nil)
            case .finished:
                throw APIError(.streamStartError, "The shell could not start the command.", operation: "process.start")
            }
        }
        process.running(pid: Int(pid)) { try await session.stop(ticket, graceMilliseconds: $0) }
        session.retain()
        supervise(process, plan.timeoutMilliseconds) {
            let ending = try? await ticket.ended.wait()
            inputPipe?.close()
            for feed in feeds { await feed.finish() }
            // A server that stops waits no longer, and leaves the keeper to the helper, which has given it the grace time.
            if ending != nil { await session.release() }
            guard case .finished(let status, _) = ending else { return 137 }
            return status
        }
    }

    private func startAlone(_ process: ManagedProcess, _ plan: ExecPlan) async throws {
        var input = try CommandInput(plan.input)
        var output = try Pipe(.output)
        var error = try Pipe(.output)
        let started = try await plan.spawn(
            helper,
            shell: configuration.shell,
            input: input.takeReadEnd(),
            output: output.takeWriteEnd(),
            error: error.takeWriteEnd()
        )
        let feeds: [OutputPipe]
        let inputPipe: InputPipe?
        do {
            feeds = try await feed(process.log, output, error)
            inputPipe = try await input.feed(on: eventLoopGroup)
        } catch {
            // A command whose output cannot be read, or that never sees its input, must not run on.
            try await started.terminate(grace: .zero)
            throw error
        }
        process.running(pid: Int(started.pid)) { grace in
            try await started.terminate(grace: .milliseconds(grace))
            _ = try await started.exitStatus
        }
        supervise(process, plan.timeoutMilliseconds) {
            let status = try? await started.exitStatus
            inputPipe?.close()
            for feed in feeds { await feed.finish() }
            return status?.shellCode ?? 137
        }
    }

    private func feed(
        _ log: ProcessLog,
        _ output: consuming Pipe,
        _ error: consuming Pipe
    ) async throws -> [OutputPipe] {
        let group = eventLoopGroup
        return [
            try await OutputPipe(reading: output.takeReadEnd(), into: log.sink(.output), budget: budget, on: group),
            try await OutputPipe(reading: error.takeReadEnd(), into: log.sink(.error), budget: budget, on: group),
        ]
    }

    /// Waits for the end elsewhere, and sees to the time limit.
    private func supervise(_ process: ManagedProcess, _ timeout: Int?, _ end: @escaping @Sendable () async -> Int) {
        let grace = configuration.graceMilliseconds
        let note = AuditNote.end(of: process)
        work.submit {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let exitCode = await end()
                    // Before anybody can know of the end.
                    note?(exitCode)
                    process.finished(exitCode: exitCode)
                }
                if let timeout {
                    group.addTask {
                        guard (try? await Task.sleep(for: .milliseconds(timeout))) != nil else { return }
                        process.timedOut()
                        _ = try? await process.kill(graceMilliseconds: grace)
                    }
                }
                // Whichever is first, the process is over then, and a timer has nothing more to do.
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func terminated(_ session: Session, status: Int?) async -> APIError {
        await sessions.evict(session)
        return .sessionTerminated(session.id, status: status)
    }
}
