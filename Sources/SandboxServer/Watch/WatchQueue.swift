import HelperClient
import Synchronization

/// What one reader of a watch has yet to be told.
final class WatchQueue: Sendable {
    /// What is told at once.
    struct Batch: Sendable {
        var changes: [WatchedChange]
        /// Some changes are unknown: the reader must look for itself.
        var hasDropped: Bool
        /// Why nothing will come after this; nil if something may.
        var ending: String?
    }

    private struct State {
        var pending = PendingChanges()
        var ending: String?
        /// Set when there is something to tell; replaced each time.
        var filled = OneShot<Void>()
    }

    /// How long equal changes are merged.
    static let merging = Duration.milliseconds(75)

    private let state = Mutex(State())

    func add(_ change: WatchedChange) {
        update { $0.pending.add(change) }
    }

    /// Notes that changes were lost.
    func drop() {
        update { $0.pending.drop() }
    }

    /// Notes that nothing more will come. The first reason counts.
    func end(_ reason: String) {
        update { $0.ending = $0.ending ?? reason }
    }

    private func update(_ change: (inout State) -> Void) {
        let filled = state.withLock { state in
            change(&state)
            return state.filled
        }
        filled.set(())
    }

    /// Waits for something to tell, a little longer so that what belongs together comes together, and takes it.
    func next() async throws -> Batch {
        try await state.withLock(\.filled).wait()
        if state.withLock({ $0.ending == nil }) { try await Task.sleep(for: Self.merging) }
        return state.withLock { state in
            let (changes, hasDropped) = state.pending.take()
            if state.ending == nil { state.filled = OneShot() }
            return Batch(changes: changes, hasDropped: hasDropped, ending: state.ending)
        }
    }
}
