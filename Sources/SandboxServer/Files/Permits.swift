import HelperClient
import Synchronization

/// A fixed number of permits, given out in the order in which they were asked for.
final class Permits: Sendable {
    private struct State {
        var free: Int
        var waiting: [OneShot<Void>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// How many tasks wait.
    var waitingCount: Int { state.withLock(\.waiting.count) }

    /// Waits for a permit, which the caller gives back with ``giveBack()``.
    func take() async throws(CancellationError) {
        let turn = state.withLock { state -> OneShot<Void>? in
            guard state.free == 0 else {
                state.free -= 1
                return nil
            }
            let turn = OneShot<Void>()
            state.waiting.append(turn)
            return turn
        }
        guard let turn else { return }
        do {
            try await turn.wait()
        } catch {
            // It may have been this one's turn just now: then the permit goes on to the next.
            let wasWaiting = state.withLock { state in
                guard let index = state.waiting.firstIndex(where: { $0 === turn }) else { return false }
                state.waiting.remove(at: index)
                return true
            }
            if !wasWaiting { giveBack() }
            throw error
        }
    }

    /// Gives a permit back.
    func giveBack() {
        let next = state.withLock { state -> OneShot<Void>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.set(())
    }
}
