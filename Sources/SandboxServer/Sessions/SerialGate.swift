import HelperClient
import Synchronization

/// Lets one task through at a time, in the order in which they came.
final class SerialGate: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [OneShot<Void>] = []
    }

    private enum Step {
        case taken
        case wait(OneShot<Void>)
    }

    private let state = Mutex(State())

    /// Waits for the turn, runs `body`, and passes the turn on.
    /// - Throws: `CancellationError` if the task is cancelled before its turn, and what `body` throws.
    func withTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await take()
        defer { pass() }
        return try await body()
    }

    private func take() async throws(CancellationError) {
        let step = state.withLock { state -> Step in
            guard state.isTaken else {
                state.isTaken = true
                return .taken
            }
            let turn = OneShot<Void>()
            state.waiting.append(turn)
            return .wait(turn)
        }
        guard case .wait(let turn) = step else { return }
        do {
            try await turn.wait()
        } catch {
            let isLeft = state.withLock { state in
                guard let index = state.waiting.firstIndex(where: { $0 === turn }) else { return false }
                state.waiting.remove(at: index)
                return true
            }
            // The turn came at the same moment as the cancellation: somebody else must have it.
            if !isLeft { pass() }
            throw error
        }
    }

    private func pass() {
        let next = state.withLock { state -> OneShot<Void>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.set(())
    }
}
