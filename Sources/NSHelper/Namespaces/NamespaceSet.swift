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

    /// Those that have been replaced already and not yet been reaped.
    private var dying: [RunningNamespace] = []
    private let groups: ControlGroups?
    private(set) var places: [SandboxNamespace: Place] = [:]
    /// How long making all three took at start.
    let setupMicroseconds: UInt64

    /// Makes all three side by side.
    ///
    /// - Throws: the first failed step; nothing is left then.
    init(_ context: borrowing SpawnContext) throws(HelperFailure) {
        let begin = cns_monotonic_microseconds()
        groups = context.groups
        do throws(HelperFailure) {
            var starting: [(SandboxNamespace, StartingNamespace)] = []
            for namespace in SandboxNamespace.allCases {
                starting.append((namespace, try StartingNamespace(namespace, context)))
            }
            for (namespace, start) in starting { places[namespace] = Place(running: try start.finish()) }
        } catch {
            for running in places.values.compactMap(\.running) {
                running.kill()
                // Removed when its members, who have just been killed, are gone.
                if let group = running.group { groups?.retire(group) }
            }
            throw error
        }
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
        if let running = places[namespace]?.running { bury(running) }
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
    ///
    /// - Returns: Whether nothing in it runs any more, so that the next one may be made before it has been reaped.
    func kill(_ namespace: SandboxNamespace) -> Bool {
        guard let running = places[namespace]?.running else { return false }
        places[namespace]?.isDying = true
        guard running.kill() else { return false }
        dying.append(running)
        places[namespace]?.running = nil
        places[namespace]?.isDying = false
        return true
    }

    /// Whether a namespace that was killed has not been reaped yet.
    func isDying(initPID pid: Int32) -> Bool { dying.contains { $0.initPID == pid } }

    /// Notes that the init of a namespace that has been replaced already was reaped; false if this is no such pid.
    func bury(initPID pid: Int32) -> Bool {
        guard let index = dying.firstIndex(where: { $0.initPID == pid }) else { return false }
        bury(dying.remove(at: index))
        return true
    }

    private func bury(_ namespace: RunningNamespace) {
        namespace.isReaped = true
        if let group = namespace.group { groups?.retire(group) }
    }

    /// Kills everything, in all three.
    func killAll() {
        for place in places.values { place.running?.kill() }
        for namespace in dying { namespace.kill() }
    }
}
