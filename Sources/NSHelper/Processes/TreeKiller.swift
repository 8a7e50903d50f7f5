import CNamespaceShim
import Glibc
import HelperTransport

/// Signals everything below a process, race-free: each is opened as pidfd, checked to be the one that the
/// snapshot saw, signalled, and let go of.
///
/// Meant for processes below a shepherd, an init or the helper itself: subreapers or pid 1, whose descendants
/// cannot leave. Zombies are
/// signalled too: a process whose first thread has ended shows as one and is alive.
enum TreeKiller {
    /// Sends SIGTERM to everything below `roots`, and SIGCONT so that stopped ones notice.
    ///
    /// - Parameter terminals: Roots of those that have a terminal, which hangs up: an interactive shell takes no notice of
    ///   SIGTERM (bash(1)).
    static func terminate(below roots: [pid_t], terminals: [pid_t] = []) {
        let tree = ProcessTree()
        for entry in tree.descendants(of: roots) { signal(entry, [SIGTERM, SIGCONT]) }
        for entry in tree.descendants(of: terminals) { signal(entry, [SIGHUP]) }
    }

    /// Sends SIGKILL to everything below `roots`. First all are stopped, round after round until a round finds
    /// nobody new, since a stopped process cannot fork; then all are killed. Somebody of the same uid may
    /// interfere with SIGCONT: the caller comes back until the roots have seen the last one end.
    ///
    /// - Returns: Who has been killed, by root.
    @discardableResult
    static func kill(below roots: [pid_t]) -> [pid_t: [ProcessTree.Entry]] {
        var seen: Set<ProcessTree.Entry.ID> = []
        for _ in 0..<rounds {
            let fresh = ProcessTree().descendants(of: roots).filter { seen.insert($0.id).inserted }
            if fresh.isEmpty { break }
            for entry in fresh { signal(entry, [SIGSTOP]) }
        }
        let tree = ProcessTree()
        var killed: [pid_t: [ProcessTree.Entry]] = [:]
        for root in roots {
            let entries = tree.descendants(of: [root])
            for entry in entries { signal(entry, [SIGKILL]) }
            killed[root] = entries
        }
        return killed
    }

    /// Sends SIGKILL to the children of `parent` that are not `known`, and to everything below them.
    static func kill(childrenOf parent: pid_t, but known: Set<pid_t>) {
        // Whose parent is killed becomes a child of this one.
        for _ in 0..<rounds {
            let strays = (ProcessTree().children[parent] ?? []).filter {
                !known.contains($0.pid) && $0.state != UInt8(ascii: "Z")
            }
            if strays.isEmpty { return }
            kill(below: strays.map(\.pid))
            for stray in strays { signal(stray, [SIGKILL]) }
        }
    }

    /// Each round reads all of /proc. A fork bomb may need more of them: those follow when the caller comes back.
    private static let rounds = 4

    private static func signal(_ entry: ProcessTree.Entry, _ signals: [Int32]) {
        var descriptor: Int32 = -1
        guard cns_pidfd(entry.pid, &descriptor) == 0 else { return }
        let pidfd = OwnedDescriptor(adopting: descriptor)
        // The pid may have become another process's between the snapshot and the pidfd.
        guard ProcessTree.entry(entry.pid)?.startTime == entry.startTime else { return }
        for number in signals { _ = cns_signal(pidfd.rawValue, number) }
    }
}
