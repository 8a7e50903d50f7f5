/// Changes that wait to be reported: equal ones are merged, and beyond a limit only the fact is kept that there were
/// more, so that a reader who does not read costs a fixed amount of memory.
struct PendingChanges {
    /// Most changes that wait.
    static let limit = 1000

    private var changes: [WatchedChange] = []
    private var known: Set<WatchedChange> = []
    /// Whether some were dropped.
    private(set) var hasDropped = false

    /// Whether there is nothing to report.
    var isEmpty: Bool { changes.isEmpty && !hasDropped }

    mutating func add(_ change: WatchedChange) {
        guard !known.contains(change) else { return }
        guard changes.count < Self.limit else { return drop() }
        known.insert(change)
        changes.append(change)
    }

    /// Notes that something happened that nobody knows.
    mutating func drop() {
        hasDropped = true
    }

    /// What has been collected, in order; begins anew.
    mutating func take() -> (changes: [WatchedChange], hasDropped: Bool) {
        defer { self = PendingChanges() }
        return (changes, hasDropped)
    }
}
