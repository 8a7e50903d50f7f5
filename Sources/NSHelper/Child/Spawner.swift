import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// Clones children that run a step list.
enum Spawner {
    /// A child and the helper's end of its report socket.
    struct Spawned: ~Copyable {
        let child: Child
        var report: ChildReport

        consuming func takeChild() -> Child { child }
    }

    /// Clones a child into the PID namespace open at `pidNamespace`, or the helper's own if nil.
    ///
    /// - Parameters:
    ///   - group: The cgroup that the child begins in; nil leaves it in the helper's.
    ///   - forker: Who clones it, and so gives it its domain; nil for the helper itself.
    /// - Throws: `stepFailed` with stage `joinPIDNamespace` or `clone`: ENOMEM when the namespace's init is
    ///   dead, EAGAIN when no process slot is left (clone(2)).
    static func spawn(
        _ steps: [Step],
        kind: CloneKind,
        pidNamespace: Int32?,
        group: ControlGroup? = nil,
        forker: Forker? = nil,
        context: borrowing SpawnContext,
        image: borrowing CommandImage
    ) throws(HelperFailure) -> Spawned {
        #if WEAKENED
            let (steps, kind) = (Weakness.steps(steps), Weakness.kind(kind))
        #endif
        let program = StepProgram(steps, filters: context.filters, image: image)
        let sockets: RecordChannel.Pair
        do { sockets = try RecordChannel.pair() } catch {
            throw HelperFailure(.stepFailed, stage: .report, errno: error.errno)
        }
        if let pidNamespace {
            try check(cns_join(pidNamespace, Int32(cns_new_pid)), .joinPIDNamespace)
        }
        var raw = cns_child()
        let code =
            if let forker {
                cns_forker_clone(forker.descriptor, program.steps, program.count, sockets.far.rawValue, &raw)
            } else {
                clone(kind, group?.rawValue ?? -1, program, report: sockets.far.rawValue, &raw)
            }
        if pidNamespace != nil { returnHome(context) }
        // Its end is on its way to the loop, which makes the namespace anew.
        if forker != nil, code == ECHILD { throw HelperFailure(.namespaceDown) }
        try check(code, .clone)
        let child = Child(pid: raw.pid, pidfd: OwnedDescriptor(adopting: raw.pidfd))
        return Spawned(child: child, report: ChildReport(socket: sockets.consumeNear()))
    }

    /// Back at once: the next child, whatever it is, must not land in the namespace of this one. The helper's
    /// own is always a permitted target; ENOMEM passes, and anything else would mean that nothing can be
    /// trusted any more.
    private static func returnHome(_ context: borrowing SpawnContext) {
        for _ in 0..<1000 {
            let code = cns_join(context.ownPIDNamespace.rawValue, Int32(cns_new_pid))
            if code == 0 { return }
            if code != ENOMEM { break }
        }
        Log.error("cannot return to the own PID namespace")
        exit(1)
    }

    private static func clone(
        _ kind: CloneKind,
        _ group: Int32,
        _ program: borrowing StepProgram,
        report: Int32,
        _ child: inout cns_child
    ) -> Int32 {
        #if WEAKENED
            let namespaces = Weakness.namespaces(kind)
        #else
            let namespaces = kind.namespaces
        #endif
        return switch kind {
        case .plain, .namespaceInit: cns_clone(namespaces, group, program.steps, program.count, report, &child)
        case .cell: cns_clone_nested(namespaces, group, program.steps, program.count, report, &child)
        }
    }

    private static func check(_ code: Int32, _ stage: Stage) throws(HelperFailure) {
        guard code == 0 else { throw HelperFailure(.stepFailed, stage: stage, errno: code) }
    }
}
