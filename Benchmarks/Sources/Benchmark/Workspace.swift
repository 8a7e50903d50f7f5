import Glibc

/// The places on disk that a measured pair needs; none of them under /tmp, which is private inside the namespaces.
struct Workspace {
    /// Ids that nobody else on the machine is likely to have.
    static let controlID: UInt32 = 94_200
    static let userID: UInt32 = 94_201
    static let secureID: UInt32 = 94_202

    /// The directory that commands share.
    let path: String
    /// The helper's socket.
    let socket: String
    private let socketDirectory: String

    init() throws {
        guard geteuid() == 0 else { throw Failure("must be started by root: namespaces and uids are made here") }
        path = "/var/lib/sandbox-benchmark-\(getpid())"
        socketDirectory = "/run/sandbox-benchmark-\(getpid())"
        socket = socketDirectory + "/helper.sock"
        guard mkdir(path, 0o775) == 0, chown(path, Self.userID, Self.userID) == 0, chmod(path, 0o2775) == 0 else {
            throw Failure("cannot make the workspace: errno \(errno)")
        }
    }

    func remove() {
        rmdir(path)
        rmdir(socketDirectory)
    }
}
