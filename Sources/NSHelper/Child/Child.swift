import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// A process the helper has cloned and not yet reaped.
struct Child: ~Copyable {
    /// In the helper's own PID namespace; valid as a name until the child is reaped.
    let pid: pid_t
    let pidfd: OwnedDescriptor

    /// Sends a signal; a child that has ended is no error.
    func signal(_ number: Int32) {
        _ = cns_signal(pidfd.rawValue, number)
    }
}
