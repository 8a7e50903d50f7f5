import Synchronization

/// Bytes that the output of all foreground commands may take together, from the pipe to the answer's last byte. Without it
/// the number of commands at once would decide about the server's memory.
final class OutputMemory: Sendable {
    private let limit: Int
    private let used = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are taken now.
    var usedBytes: Int { used.withLock { $0 } }

    /// A share of nothing yet.
    func share() -> Share { Share(self) }

    /// What one stream has taken; given back when the share is gone.
    final class Share: Sendable {
        private let memory: OutputMemory
        private let taken = Mutex(0)

        fileprivate init(_ memory: OutputMemory) {
            self.memory = memory
        }

        deinit {
            let count = taken.withLock { $0 }
            memory.used.withLock { $0 -= count }
        }

        /// Takes up to `count` bytes more; returns how many there were.
        func grow(by count: Int) -> Int {
            let granted = memory.used.withLock { used in
                let granted = min(count, memory.limit - used)
                used += granted
                return granted
            }
            taken.withLock { $0 += granted }
            return granted
        }
    }
}
