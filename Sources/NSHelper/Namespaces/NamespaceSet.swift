import CNamespaceShim
import HelperProtocol

/// The three namespaces of one pair.
final class NamespaceSet {
    /// One place in the set; the namespace is absent while it is being made anew.
    struct Place {
        var running: RunningNamespace?
        var generation: UInt32 = 1
        /// Whether the init has been killed and not yet been reaped.
        var isDying = false
    }

    private(set) var places: [SandboxNamespace: Place] = [:]
    /// How long making all three took at start.
    let setupMicroseconds: UInt64

    /// Makes all three side by side.
    ///
    /// - Throws: the first failed step; nothing is left then.
    init(_ context: borrowing SpawnContext) throws(HelperFailure) {
        let begin = cns_monotonic_microseconds()
        var starting: [(SandboxNamespace, StartingNamespace)] = []
        for namespace in SandboxNamespace.allCases {
            starting.append((namespace, try StartingNamespace(namespace, context)))
        }
        for (namespace, start) in starting { places[namespace] = Place(running: try start.finish()) }
        setupMicroseconds = cns_monotonic_microseconds() - begin
    }

    subscript(namespace: SandboxNamespace) -> RunningNamespace? { places[namespace]?.running }

    /// The namespace, if commands can be started in it.
    func open(_ namespace: SandboxNamespace) -> RunningNamespace? {
        places[namespace]?.isDying == false ? places[namespace]?.running : nil
    }

    func generation(_ namespace: SandboxNamespace) -> UInt32 { places[namespace]?.generation ?? 0 }

    /// The namespace whose init this pid is.
    func namespace(ofInit pid: Int32) -> SandboxNamespace? {
        places.first { $0.value.running?.initPID == pid }?.key
    }

    /// Notes that a namespace's init has been reaped: whatever ran there is dead.
    func remove(_ namespace: SandboxNamespace) {
        places[namespace]?.running?.isReaped = true
        places[namespace]?.running = nil
        places[namespace]?.isDying = false
    }

    /// Makes a removed namespace anew.
    func renew(_ namespace: SandboxNamespace, _ context: borrowing SpawnContext) throws(HelperFailure) {
        let running = try StartingNamespace(namespace, context).finish()
        places[namespace]?.running = running
        places[namespace]?.generation += 1
    }

    /// Kills a namespace that is to be made anew. It takes no more commands from now on.
    func kill(_ namespace: SandboxNamespace) {
        places[namespace]?.isDying = true
        places[namespace]?.running?.kill()
    }

    /// Kills everything, in all three.
    func killAll() {
        for place in places.values { place.running?.kill() }
    }
}
