import HelperClient
import SandboxAPI
import Synchronization

/// The processes by id, running and over, of all sessions. What is over is kept until there is too much of it: the
/// oldest go first.
final class ProcessTable: ProcessExits, Sendable {
    struct Limits: Sendable {
        /// Processes that run at once.
        var running = 1024
        /// Processes that are over, and bytes of their logs altogether.
        var finished = 256
        var finishedBytes = 67_108_864
        /// Bytes of the logs of running processes altogether.
        var runningBytes = 268_435_456
    }

    private struct State {
        var processes: [String: ManagedProcess] = [:]
        /// In the order of their starts.
        var order: [String] = []
    }

    private let limits: Limits
    private let state = Mutex(State())

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// All of them, in the order of their starts.
    var all: [ManagedProcess] {
        state.withLock { state in state.order.compactMap { state.processes[$0] } }
    }

    subscript(id: String) -> ManagedProcess? { state.withLock { $0.processes[id] } }

    /// Bytes that one more process may keep: the more run, the less each new one gets, down to 64 KiB.
    var shareOfMemory: Int {
        let count = state.withLock { $0.processes.values.count { !$0.isOver } }
        return max(65_536, limits.runningBytes / (count + 1))
    }

    /// Enters a process before it is started.
    /// - Throws: If its id is a running process's, or if too many run.
    func insert(_ process: ManagedProcess) throws(APIError) {
        let problem = state.withLock { state -> APIError? in
            if let other = state.processes[process.id] {
                guard other.isOver else {
                    return APIError(
                        .resourceBusy,
                        "A process of this id is running.",
                        context: ["processId": .string(process.id)],
                        operation: "process.start"
                    )
                }
                state.order.removeAll { $0 == process.id }
            }
            guard state.processes.values.count(where: { !$0.isOver }) < limits.running else {
                return APIError(
                    .resourceBusy,
                    "\(limits.running) processes are running already; end one first.",
                    operation: "process.start"
                )
            }
            state.processes[process.id] = process
            state.order.append(process.id)
            trim(&state)
            return nil
        }
        if let problem { throw problem }
    }

    func exitCode(of id: String) async throws -> Int? {
        guard let process = self[id] else { throw APIError.processNotFound(id) }
        return process.exit.value
    }

    private func trim(_ state: inout State) {
        let over = state.order.compactMap { state.processes[$0] }.filter(\.isOver)
        var count = over.count
        var bytes = over.reduce(0) { $0 + $1.log.byteCount }
        for process in over where count > limits.finished || bytes > limits.finishedBytes {
            count -= 1
            bytes -= process.log.byteCount
            state.processes[process.id] = nil
            state.order.removeAll { $0 == process.id }
        }
    }
}
