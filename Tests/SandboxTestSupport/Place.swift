import CTestShim
import Glibc
import HelperProtocol
import HelperTransport
import Synchronization

/// Directories and ids that belong to one pair under test alone.
struct Place: Sendable {
    let directory: String
    let socket: String
    let ids: SandboxIdentities
    /// First uid of mode `users`.
    let cellUID: UInt32
    let mayLeaveProcesses: Bool
    private let owner: UInt32?
    private let socketDirectory: String
    private static let count = Mutex(0)

    /// Makes the directories. Below /run and /var/lib, not below /tmp, which is private inside the namespaces.
    init(_ options: PairOptions) throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        let name = "\(getpid())-\(number)"
        directory = "/var/lib/sandbox-tests/" + name
        socketDirectory = "/run/ns-helper-tests/" + name
        socket = socketDirectory + "/helper.sock"
        // Limits such as RLIMIT_NPROC count by uid, and leftovers are found by it: no two pairs share one.
        let first = UInt32(100_000 + Int(getpid()) % 10_000 * 1000 + number % 250 * 4)
        ids =
            options.ids
            ?? SandboxIdentities(
                control: first,
                user: first + 1,
                secure: first + 2,
                controlGroup: first,
                workspaceGroup: first + 1
            )
        // Two for each slot of the default size, and one more.
        cellUID = UInt32(1_000_000_000 + Int(getpid()) % 10_000 * 100_000 + number % 250 * 400)
        mayLeaveProcesses = !["namespaces", "users", "landlock"].contains(options.isolation)
        owner = options.owner
        // The helper makes the socket's own directory itself, as root.
        let further = options.owner == nil ? [] : [socketDirectory]
        for path in ["/var/lib/sandbox-tests", directory, "/run/ns-helper-tests"] + further {
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw TestFailure("cannot make \(path): \(SystemError(errno: errno))")
            }
        }
        try FileBytes.write("", to: directory + "/ns-helper.conf")
        if let text = options.environmentFile { try FileBytes.write(text, to: directory + "/environment") }
        if let owner = options.owner {
            guard let content = FileBytes.read(try TestPrograms.helper(options)) else {
                throw TestFailure("cannot read ns-helper")
            }
            try FileBytes.write(content, to: directory + "/ns-helper", mode: 0o755)
            for path in [directory, socketDirectory] { chown(path, owner, owner) }
        }
        guard options.workspace == nil else { return }
        let workspace = directory + "/workspace"
        guard mkdir(workspace, 0o775) == 0 else { throw TestFailure("cannot make \(workspace)") }
        if let type = options.workspaceFileSystem { try SystemError.check(ct_mount(type, workspace)) }
        guard chown(workspace, owner ?? ids.user, owner ?? ids.workspaceGroup) == 0,
            chmod(workspace, 0o2775) == 0
        else { throw TestFailure("cannot make \(workspace): \(SystemError(errno: errno))") }
    }

    var userIDs: Set<UInt32> {
        Set([ids.control, ids.user, ids.secure]).union(cellUID..<cellUID + 257).union(owner.map { [$0] } ?? [])
    }

    /// The helper's command line, its program and its wrapper included.
    func commandLine(_ options: PairOptions, _ further: [String] = []) throws -> [String] {
        let program = options.owner == nil ? try TestPrograms.helper(options) : directory + "/ns-helper"
        let wrapper =
            options.owner.map {
                [
                    "setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups", "--bounding-set=-all",
                    "--inh-caps=-all", "--no-new-privs",
                ]
            } ?? []
        return options.wrapper + wrapper + [program] + (try arguments(options)) + further
    }

    private func arguments(_ options: PairOptions) throws -> [String] {
        let server =
            switch options.server {
            case .real: try TestPrograms.path("sandbox-server")
            case .standIn: try TestPrograms.path("stand-in-server")
            case .program(let path): path
            }
        var settings = [
            "config": directory + "/ns-helper.conf", "isolation": options.isolation, "api-port": "0",
            "jupyter-port": "0", "workspace": options.workspace ?? directory + "/workspace", "socket": socket,
            "server": server, "environment-file": directory + "/environment",
            "control-uid": "\(ids.control)", "user-uid": "\(ids.user)", "secure-uid": "\(ids.secure)",
            "cell-uid": "\(cellUID)", "control-gid": "\(ids.controlGroup)", "workspace-gid": "\(ids.workspaceGroup)",
        ]
        // By default it lies beside the helper.
        if !options.without.isEmpty { settings["agent"] = try TestPrograms.path("sandbox-agent") }
        // It never greets, or once.
        if options.server == .standIn { settings["watchdog-ms"] = "0" }
        settings.merge(options.settings) { _, new in new }
        return settings.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    }

    /// Removes the directories.
    func remove() {
        _ = ct_unmount(directory + "/workspace")
        DirectoryListing.remove(directory)
        DirectoryListing.remove(socketDirectory)
    }
}
