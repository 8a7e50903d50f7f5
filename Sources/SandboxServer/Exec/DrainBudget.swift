import Synchronization

/// How many pipes of survivors are drained at once. Beyond the limit a pipe is closed, and its survivor gets SIGPIPE
/// with the next write: each drained pipe costs a descriptor of the server, and user code decides how many there are.
final class DrainBudget: Sendable {
    private let limit: Int
    private let used = Mutex(0)

    init(limit: Int = 256) {
        self.limit = limit
    }

    /// Takes one; false if none is left.
    func take() -> Bool {
        used.withLock { used in
            guard used < limit else { return false }
            used += 1
            return true
        }
    }

    /// Gives one back.
    func giveBack() {
        used.withLock { $0 -= 1 }
    }
}
