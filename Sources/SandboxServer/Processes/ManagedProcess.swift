import FoundationEssentials
import HelperClient
import Synchronization

/// One entry of the process table: a background command, running or over.
final class ManagedProcess: Sendable {
    enum Status: String, Sendable, CaseIterable {
        case starting, running, completed, failed, killed, error
    }

    /// How it is ended: SIGTERM to all of it, the grace time in milliseconds, SIGKILL. Returns when it is gone.
    typealias Stop = @Sendable (_ graceMilliseconds: Int) async throws -> Void

    private struct State {
        var status = Status.starting
        var pid: Int?
        var exitCode: Int?
        var ended: Date?
        var isKilled = false
        var isTimedOut = false
        var stop: Stop?
    }

    let id: String
    let command: String
    let sessionID: String?
    let log: ProcessLog
    let started = Date.now
    let startedInstant = ContinuousClock.now
    /// Set with the exit code when the process is over and its output is in the log.
    let exit = OneShot<Int>()
    private let state = Mutex(State())

    init(id: String, command: String, sessionID: String?, logBytes: Int) {
        self.id = id
        self.command = command
        self.sessionID = sessionID
        log = ProcessLog(capacity: logBytes)
    }

    var status: Status { state.withLock(\.status) }
    /// As seen in its namespace; nil before it runs.
    var pid: Int? { state.withLock(\.pid) }
    var exitCode: Int? { state.withLock(\.exitCode) }
    var ended: Date? { state.withLock(\.ended) }
    var isOver: Bool { exit.value != nil }
    /// Whether it was ended because its time was up.
    var isTimedOut: Bool { state.withLock(\.isTimedOut) }

    /// It runs.
    func running(pid: Int, stop: @escaping Stop) {
        state.withLock { state in
            state.status = .running
            state.pid = pid
            state.stop = stop
        }
    }

    /// It is over, and its output is in the log.
    func finished(exitCode: Int) {
        state.withLock { state in
            guard state.ended == nil else { return }
            state.exitCode = exitCode
            state.ended = .now
            let isKilled = state.isKilled || exitCode == 137 || exitCode == 143
            state.status = isKilled ? .killed : exitCode == 0 ? .completed : .failed
            state.stop = nil
        }
        log.finish()
        exit.set(exitCode)
    }

    /// Its time is up.
    func timedOut() {
        state.withLock { $0.isTimedOut = true }
    }

    /// It never ran.
    func failedToStart() {
        state.withLock { state in
            state.status = .error
            state.exitCode = 126
            state.ended = .now
        }
        log.finish()
        exit.set(126)
    }

    /// Ends it and waits until it is over; false if it was over before.
    func kill(graceMilliseconds: Int) async throws -> Bool {
        let stop = state.withLock { state -> Stop? in
            guard state.ended == nil, let stop = state.stop else { return nil }
            state.isKilled = true
            return stop
        }
        guard let stop else { return false }
        try await stop(graceMilliseconds)
        _ = try await exit.wait()
        return true
    }

    /// Gives a process that was started only just now the time to show what it is: readers expect the output of a fast
    /// command to be complete as soon as its start has been answered.
    func settle() async throws {
        let young = Duration.milliseconds(150)
        let age = ContinuousClock.now - startedInstant
        guard !isOver, age < young else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await self.exit.wait() }
            group.addTask { try await Task.sleep(for: young - age) }
            try await group.next()
            group.cancelAll()
        }
    }
}
