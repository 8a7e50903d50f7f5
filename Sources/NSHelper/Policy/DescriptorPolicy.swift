import CNamespaceShim
import Glibc
import HelperProtocol

/// Which descriptors may become a command's standard streams.
///
/// A directory would be a door out of the mount namespace (openat(fd, "..")), a regular file of the control
/// plane could be rewritten, other sockets and anonymous inodes carry rights nobody has judged.
enum DescriptorPolicy {
    /// - Parameter takesRecords: Whether the descriptor may be a record socket: the stdin of the pair's own agent, which
    ///   closes what it does not expect. A program of the sandbox's gets no socket that carries descriptors by design.
    static func check(_ descriptor: Int32, takesRecords: Bool = false) throws(HelperFailure) {
        var kind = cns_descriptor_kind()
        let code = cns_descriptor_kind(descriptor, &kind)
        guard code == 0, isAcceptable(kind, takesRecords: takesRecords) else {
            throw HelperFailure(.unacceptableDescriptor, stage: .standardStreams, errno: code)
        }
    }

    static func isAcceptable(_ kind: cns_descriptor_kind, takesRecords: Bool = false) -> Bool {
        #if WEAKENED
            if Weakness.lacks(.descriptorPolicy) { return true }
        #endif
        // O_PATH descriptors name a place and bypass the checks of opening it.
        guard kind.access & 0o10000000 == 0 else { return false }
        switch kind.type {
        case S_IFIFO: return true
        case S_IFSOCK: return kind.is_unix_stream != 0 || (takesRecords && kind.is_unix_record != 0)
        case S_IFCHR: return kind.device_major == 1 && kind.device_minor == 3
        default: return false
        }
    }
}
