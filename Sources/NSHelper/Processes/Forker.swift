import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// A process in the domain of `user`, which clones that namespace's commands for the helper: a Landlock domain that
/// processes share is only to be had by being born in it. User code can stop or kill it; then `user` is made anew.
final class Forker {
    private let child: Child

    /// Starts one; the one before must have ended.
    init() throws(HelperFailure) {
        var raw = cns_child()
        let code = cns_forker_start(&raw)
        guard code == 0 else { throw HelperFailure(.stepFailed, stage: .clone, errno: code) }
        child = Child(pid: raw.pid, pidfd: OwnedDescriptor(adopting: raw.pidfd))
    }

    var pid: pid_t { child.pid }
    /// For the clones that it is to make.
    var descriptor: Int32 { child.pidfd.rawValue }

    /// Lets it enter a domain, for itself and all that it clones from now on.
    func enter(_ rules: LandlockRules, _ context: borrowing SpawnContext) throws(HelperFailure) {
        let image = CommandImage()
        let program = StepProgram([.landlock(rules)], filters: context.filters, image: image)
        let sockets = try CommandLaunch.sockets()
        let code = cns_forker_run(descriptor, program.steps, program.count, sockets.far.rawValue)
        guard code != 0 else { return }
        var report = ChildReport(socket: sockets.consumeNear())
        report.drain()
        throw report.failure ?? HelperFailure(.stepFailed, stage: .landlock, errno: code)
    }

    /// Ends it; when this returns it works on the helper's memory no more.
    func end() {
        child.signal(SIGKILL)
        _ = cns_wait_readable(descriptor, -1)
    }
}
