import CMessageShim
import Glibc
import HelperProtocol
import HelperTransport

/// The door for tools: a socket that only root and the control uid may use, and that neither `user` nor
/// `secure` can see, because /run is private there.
struct PathDoor: ~Copyable {
    private let listener: OwnedDescriptor
    private let path: String
    private var permittedUIDs: Set<UInt32>
    /// root; without privilege the one uid there is.
    private let ownerUID = geteuid()

    /// Makes the socket. A leftover of an earlier run is replaced, anything else in its place is an error.
    init(path: String, isPrivileged: Bool, permittedUIDs: Set<UInt32>) throws(ConfigurationError) {
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                throw ConfigurationError("socket: '\(path)' exists and is no socket: remove it, or choose another")
            }
            unlink(path)
        }
        var descriptor: Int32 = -1
        // The umask is 077 here, so that the socket is never more than 0600 before its mode is set.
        let code = cms_listen(path, 64, &descriptor)
        guard code == 0 else {
            throw ConfigurationError("socket: cannot listen at '\(path)': \(SystemError(errno: code))")
        }
        listener = OwnedDescriptor(adopting: descriptor)
        self.path = path
        self.permittedUIDs = permittedUIDs
        // Connecting needs write permission. The directory, 0711, is not listed by others; the credentials of
        // the peer are checked at accept, so the mode is not what protects.
        if isPrivileged { chmod(path, 0o666) }
    }

    deinit { unlink(path) }

    /// For when user code has the control plane's uid: the kernel cannot tell who is who.
    mutating func admitRootAlone() { permittedUIDs = [0] }

    var rawValue: Int32 { listener.rawValue }

    /// Accepts one tool and says which door that is; nil if there is none, or none that may come in.
    func accept() -> Entrant? {
        var descriptor: Int32 = -1
        guard cms_accept(listener.rawValue, &descriptor) == 0 else { return nil }
        let connection = OwnedDescriptor(adopting: descriptor)
        var uid: uid_t = 0
        var pid: pid_t = 0
        // The kernel noted the uid at connect(2); it cannot be forged, and the pid is not used for anything.
        guard cms_peer(connection.rawValue, &uid, &pid) == 0 else { return nil }
        #if WEAKENED
            let isPermitted = permittedUIDs.contains(uid) || Weakness.lacks(.doorCheck)
        #else
            let isPermitted = permittedUIDs.contains(uid)
        #endif
        guard isPermitted else { return nil }
        return Entrant(connection: connection, door: uid == 0 || uid == ownerUID ? .root : .control)
    }

    /// A tool that came in.
    struct Entrant: ~Copyable {
        let connection: OwnedDescriptor
        let door: RequestTable.Door

        consuming func takeConnection() -> OwnedDescriptor { connection }
    }
}
