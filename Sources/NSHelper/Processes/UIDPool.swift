/// The uids of mode `users`: one for the keeper of `user`, and two for each cell slot. In mode `landlock` all are the same,
/// and only the directories differ.
///
/// The kernel lets processes of one uid read and signal each other. A uid is therefore given to one command at a time, and
/// comes back when its keeper has found that nothing of it is left.
struct UIDPool {
    private let first: UInt32
    private let directory: String
    private let everyone: UInt32?
    private var free: [UInt32]

    /// - Parameters:
    ///   - directory: Where the cells' directories are made.
    ///   - everyone: The one uid of mode `landlock`.
    init(first: UInt32, slots: UInt32, directory: String, everyone: UInt32? = nil) {
        self.first = first
        self.everyone = everyone
        self.directory = directory
        // The lowest is taken first.
        free = (0..<slots).reversed()
    }

    /// All uids of a pool.
    static func uids(first: UInt32, slots: UInt32) -> Range<UInt32> { first..<first + 2 * slots + 1 }

    /// Every identity of the pool.
    var all: [CellIdentity] { free.reversed().map(identity) }

    /// An identity that nobody has; nil if all are taken.
    mutating func take() -> CellIdentity? { free.popLast().map(identity) }

    /// Takes one back of which nothing is left.
    mutating func giveBack(_ cell: CellIdentity) {
        guard let slot = UInt32(cell.directory.dropFirst(prefix.count)) else { return }
        free.append(slot)
    }

    private var prefix: String { directory + "/cell-" }

    private func identity(_ slot: UInt32) -> CellIdentity {
        CellIdentity(
            uid: everyone ?? first + 1 + 2 * slot,
            keeper: everyone ?? first + 2 + 2 * slot,
            directory: prefix + "\(slot)"
        )
    }
}
