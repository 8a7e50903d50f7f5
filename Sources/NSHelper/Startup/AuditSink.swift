import Glibc
import HelperTransport

/// Where the server's audit log goes. Opened here, with rights that the server never has: the server gets a descriptor
/// to append to, and no way to the file.
final class AuditSink {
    /// Value of the option that stands for the host's system log.
    static let systemLog = "syslog"
    private static let systemLogSocket = "/dev/log"

    /// What is handed to the server.
    let descriptor: OwnedDescriptor

    /// Opens the destination.
    ///
    /// - Throws: what is wrong with it, with the remedy.
    init(_ destination: String, workspaceGroup: UInt32) throws(ConfigurationError) {
        if destination == Self.systemLog {
            descriptor = try Self.openSystemLog()
        } else {
            descriptor = try Self.openFile(destination, workspaceGroup: workspaceGroup)
        }
    }

    private static func openFile(_ path: String, workspaceGroup: UInt32) throws(ConfigurationError) -> OwnedDescriptor {
        let directory = ServerProgram.realPath(Startup.parent(of: path)) ?? Startup.parent(of: path)
        if let ancestor = HiddenPaths.firstForeignAncestor(of: directory + "/log") {
            throw ConfigurationError(
                "audit-log: '\(path)': '\(ancestor)' is missing or can be changed by others than root"
            )
        }
        // Not followed: a link in its place is nobody's intention. The umask is 077.
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let descriptor = Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else {
            throw ConfigurationError("audit-log: cannot open '\(path)': \(SystemError(errno: errno))")
        }
        let file = OwnedDescriptor(adopting: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ConfigurationError("audit-log: '\(path)' is no regular file")
        }
        let groupMay = status.st_mode & 0o070 != 0
        guard status.st_uid == geteuid(), status.st_mode & 0o027 == 0,
            !groupMay || geteuid() != 0 || status.st_gid != workspaceGroup
        else {
            throw ConfigurationError(
                "audit-log: '\(path)' must belong to uid \(geteuid()) and be closed to user code: mode 0600, "
                    + "or 0640 with a group that may read it"
            )
        }
        return file
    }

    /// A datagram socket of syslog(3)'s, connected.
    private static func openSystemLog() throws(ConfigurationError) -> OwnedDescriptor {
        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = socket(AF_UNIX, flags, 0)
        guard number >= 0 else { throw ConfigurationError("audit-log: socket: \(SystemError(errno: errno))") }
        let descriptor = OwnedDescriptor(adopting: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: systemLogSocket.utf8) }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else {
            throw ConfigurationError("audit-log: '\(systemLogSocket)': \(SystemError(errno: errno))")
        }
        return descriptor
    }
}
