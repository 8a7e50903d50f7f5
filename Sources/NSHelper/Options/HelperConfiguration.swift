import HelperProtocol

/// Everything an operator can choose, after flags, environment, file and defaults have been weighed.
struct HelperConfiguration: Hashable {
    /// The mode that was asked for; nil is `auto`, the strongest that works.
    var isolation: IsolationMode?
    /// The weakest mode in which commands with credentials are run; nil for none but those that protect them fully.
    var acceptedForCredentials: IsolationMode?
    var apiPort: UInt16 = 8080
    var jupyterPort: UInt16 = 8888
    var reservedPorts: [UInt16] = []
    var ids = SandboxIdentities(control: 4200, user: 4201, secure: 4202, controlGroup: 4200, workspaceGroup: 4201)
    /// First of the uids of mode `users`: two for each cell slot, and one more.
    var cellUID: UInt32 = 4300
    var workspace = "/workspace"
    var socket = "/run/ns-helper/helper.sock"
    var server = ""
    var agent = ""
    /// Jupyter's program; empty for none.
    var jupyter = ""
    /// Where modes `users` and `landlock` make home directories; empty for `homes` beside the socket.
    var homes = ""
    var environmentFile = "/etc/sandbox/environment"
    /// Where the server's audit log goes: a path, ``AuditSink/systemLog``, or empty for nowhere.
    var auditLog = ""
    var hiddenPaths: [String] = []
    var sizes = MountSizes()
    var processSlots: UInt32 = 256
    var cellSlots: UInt32 = 128
    /// Whether commands with credentials may listen on sockets.
    var cellsListen = true
    var userProcesses: UInt64 = 1024
    var openFiles: UInt64 = 65_536
    var userNice = 10
    var secureNice = 5
    var cgroups = ControlGroupDemand.auto
    var userMemory = MemoryShare.percent(60)
    var secureMemory = MemoryShare.percent(25)
    var userWeight = 50
    var secureWeight = 100
    var graceMilliseconds: UInt32 = 5000
    /// Longest silence of the server's; 0 for any.
    var watchdogMilliseconds: UInt32 = 30_000
    /// The file that settings were read from.
    var file = ""
    /// Settings handed to the server as SANDBOX_SERVER_NAME.
    var serverSettings: [Setting] = []

    /// One setting of the server's, already in the form of an environment variable.
    struct Setting: Hashable {
        var name: String
        var value: String
    }

    /// Whether commands with credentials are run in this mode.
    func acceptsCredentials(in mode: IsolationMode) -> Bool {
        mode.protectsCredentials || acceptedForCredentials.map { mode.isAtLeast($0) } ?? false
    }

    /// The uids of mode `users`.
    var cellUIDs: Range<UInt32> { UIDPool.uids(first: cellUID, slots: cellSlots) }

    /// Checks what no single option can: returns the first contradiction.
    func contradiction() -> ConfigurationError? {
        let ports = [apiPort, jupyterPort].filter { $0 != 0 } + reservedPorts
        if Set(ports).count != ports.count {
            return ConfigurationError("api-port, jupyter-port and reserved-ports name the same port twice")
        }
        let uids = [ids.control, ids.user, ids.secure]
        if Set(uids).count != 3 {
            return ConfigurationError("control-uid, user-uid and secure-uid must be three different ids")
        }
        if uids.contains(0) || ids.controlGroup == 0 || ids.workspaceGroup == 0 {
            return ConfigurationError("id 0 is root: choose other control, user and secure ids")
        }
        if cellUID > UInt32.max - 1 - 2 * cellSlots || uids.contains(where: cellUIDs.contains) {
            return ConfigurationError(
                "cell-uid: \(cellUID) and the \(2 * cellSlots) ids after it must exist and be nobody else's: "
                    + "choose another range, or fewer cell-slots"
            )
        }
        if ids.controlGroup == ids.workspaceGroup {
            return ConfigurationError(
                "control-gid and workspace-gid must differ, or user code shares the server's group"
            )
        }
        if SystemDirectories.contain(workspace)
            || ["/proc", "/sys", "/dev", "/run"].contains(where: { (workspace + "/").hasPrefix($0 + "/") })
        {
            return ConfigurationError(
                "workspace: '\(workspace)' must be a directory of its own, outside /proc, /sys, /dev and /run"
            )
        }
        if (socket + "/").hasPrefix(workspace + "/") {
            return ConfigurationError("socket: '\(socket)' lies in the workspace, which user code can write")
        }
        if (auditLog + "/").hasPrefix(workspace + "/") {
            return ConfigurationError("audit-log: '\(auditLog)' lies in the workspace, which user code can write")
        }
        return nil
    }
}
