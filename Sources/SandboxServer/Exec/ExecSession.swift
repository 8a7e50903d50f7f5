import CMessageShim
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import NIOCore

/// Runs one command from its start to the last byte of its output.
struct ExecSession: Sendable {
    /// How a command ended.
    enum Outcome: Sendable {
        case finished(ExitStatus, output: OutputRule.Output, error: OutputRule.Output)
        case timedOut(milliseconds: Int)
        case disconnected
    }

    private enum Ending: Sendable {
        case exited(ExitStatus)
        case timedOut(milliseconds: Int)
        case disconnected
    }

    let helper: HelperClient
    let configuration: ServerConfiguration
    let budget: DrainBudget
    let eventLoopGroup: any EventLoopGroup

    /// Starts the command and waits for its end, its time limit, or `disconnected`, whichever comes first.
    ///
    /// In the latter two cases the whole tree is ended: SIGTERM, the grace time, SIGKILL. A timeout is answered when
    /// all of it is gone; after a disconnection nobody waits.
    /// - Throws: ``HelperClientError`` if the command could not be started or the helper is gone.
    func run(_ plan: ExecPlan, until disconnected: OneShot<Void>) async throws -> Outcome {
        let (process, output, error) = try await start(plan)
        let ending: Ending
        do {
            ending = try await firstEnding(of: process, plan.timeoutMilliseconds, disconnected)
        } catch is CancellationError {
            ending = .disconnected
        }
        switch ending {
        case .exited(let status):
            async let outputRead = output.output()
            async let errorRead = error.output()
            return .finished(status, output: try await outputRead, error: try await errorRead)
        case .timedOut(let milliseconds):
            output.abandon()
            error.abandon()
            try await process.terminate(grace: .milliseconds(configuration.graceMilliseconds))
            _ = try await process.exitStatus
            return .timedOut(milliseconds: milliseconds)
        case .disconnected:
            output.abandon()
            error.abandon()
            try await process.terminate(grace: .milliseconds(configuration.graceMilliseconds))
            return .disconnected
        }
    }

    private func start(_ plan: ExecPlan) async throws -> (HelperProcess, OutputPipe, OutputPipe) {
        let payload: ProcessPayload
        do throws(SpawnPayload.Problem) {
            payload = try plan.payload(shell: configuration.shell)
        } catch {
            throw HelperClientError.payload(error)
        }
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw HelperClientError.system(SystemError(errno: errno)) }
        let streamInput = OwnedDescriptor(adopting: input)
        var output = try Pipe()
        var error = try Pipe()
        let process = try await helper.spawn(
            plan.spawnRequest(shell: configuration.shell),
            payload: payload,
            streams: StandardStreams(input: streamInput, output: output.takeWriteEnd(), error: error.takeWriteEnd())
        )
        do {
            let outputPipe = try await read(output)
            let errorPipe = try await read(error)
            return (process, outputPipe, errorPipe)
        } catch {
            // A command whose output cannot be read must not run on unseen.
            try await process.terminate(grace: .zero)
            throw error
        }
    }

    private func read(_ pipe: consuming Pipe) async throws -> OutputPipe {
        try await OutputPipe(
            reading: pipe.takeReadEnd(),
            limit: configuration.outputLimitBytes,
            budget: budget,
            on: eventLoopGroup
        )
    }

    private func firstEnding(
        of process: HelperProcess,
        _ timeout: Int?,
        _ disconnected: OneShot<Void>
    )
        async throws -> Ending
    {
        try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask { .exited(try await process.exitStatus) }
            group.addTask {
                try await disconnected.wait()
                return .disconnected
            }
            if let timeout {
                group.addTask {
                    try await Task.sleep(for: .milliseconds(timeout))
                    return .timedOut(milliseconds: timeout)
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .disconnected
        }
    }
}
