import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// The server's process, and the connection that its generation owns.
final class RunningServer {
    /// Kept here also when the loop has forgotten it: whether the server ever greeted matters at its end.
    let connection: Connection
    let startedMicroseconds = cns_monotonic_microseconds()
    private let child: Child
    var watchdog: Watchdog

    init(child: consuming Child, connection: Connection, watchdogMilliseconds: UInt32) {
        self.child = child
        self.connection = connection
        watchdog = Watchdog(limitMilliseconds: watchdogMilliseconds, now: startedMicroseconds)
    }

    var pid: pid_t { child.pid }

    func signal(_ number: Int32) { child.signal(number) }

    /// The server closed its channel, or broke the protocol and had it closed: it cannot go on without.
    func closed() { child.signal(SIGKILL) }
}
