import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// From a started program to a running service, in the order that keeps every moment safe.
enum Startup {
    /// Runs the pair until it is told to stop; returns the exit status.
    static func run(_ configuration: HelperConfiguration) throws -> Int32 {
        umask(0o077)
        // A closed standard descriptor would become a socket of the helper's, and the server's output.
        guard cns_open_standard() == 0 else {
            throw ConfigurationError("/dev/null cannot be opened: use the engine's own /dev")
        }
        guard cns_close_from(3) == 0 else {
            throw ConfigurationError("the kernel has no close_range(2): Linux 5.12 or later is needed")
        }
        raiseOpenFiles(configuration)
        let isPrivileged = try dropWhatIsNotNeeded()
        let environment = try baseEnvironment(configuration)
        let auditSink = try auditSink(configuration)
        let signals = try signalDescriptor()
        // The ports before any process that could want them (G2).
        let ports = try HeldPorts(configuration)
        let identities = isPrivileged ? configuration.ids : SandboxIdentities(everyone: getuid(), group: getgid())
        var door = try makeDoor(configuration, isPrivileged: isPrivileged)

        let isolation = try Isolation.establish(
            configuration,
            identities: identities,
            isPrivileged: isPrivileged,
            report: { mode, failure in
                Log.warning(
                    "mode \(mode.name) cannot be had: step '\(failure.stage.name)' failed "
                        + "(\(SystemError(errno: failure.errno))). Remedy: \(failure.remedy)"
                )
            }
        )
        // Not before: the map of a child's user namespace is written through /proc, which for a non-dumpable
        // process needs SYS_PTRACE.
        guard cns_set_dumpable(0) == 0 else { throw ConfigurationError("the kernel refuses PR_SET_DUMPABLE") }
        if isolation.mode.isolation == .landlock { door.admitRootAlone() }
        announce(isolation, configuration, ports)

        let service = ServiceLoop(
            configuration: configuration,
            isolation: isolation,
            ports: ports,
            signals: signals,
            door: door,
            environment: environment,
            agent: agentProgram(configuration),
            auditSink: auditSink,
            jupyterProgram: try JupyterProgram(configuration, isolation.mode),
            isPrivileged: isPrivileged
        )
        return service.run()
    }

    /// Each running command holds up to six descriptors here. Running out of them would look to clients like a
    /// helper that loses what they send.
    private static func raiseOpenFiles(_ configuration: HelperConfiguration) {
        var limit: UInt64 = 0
        let needed = UInt64(configuration.processSlots + configuration.cellSlots) * 6 + 256
        if cns_raise_open_files(&limit) != 0 || limit < needed {
            Log.warning(
                "the limit on open files is \(limit); the configured slots want \(needed): "
                    + "raise it (docker: --ulimit nofile=…) or lower process-slots and cell-slots"
            )
        }
    }

    /// Cuts this process down to those of the six capabilities that it has; what misses is reported by the
    /// probe. Answers whether children can be given other identities.
    static func dropWhatIsNotNeeded(startsServer: Bool = true) throws(ConfigurationError) -> Bool {
        try forbidNewPrivileges()
        // Orphans of children outside the namespaces come here, pid 1 or not.
        _ = cns_become_subreaper()
        guard geteuid() == 0 else { return false }
        var sets = cns_capabilities()
        let needed = SelfCheck.mask
        guard cns_read_capabilities(&sets) == 0 else { throw ConfigurationError("cannot read the capabilities") }
        let code = cns_keep_capabilities(needed & sets.effective)
        guard code == 0 else {
            throw ConfigurationError("cannot drop capabilities: \(SystemError(errno: code))")
        }
        // The server must not be root, whatever the mode.
        guard SelfCheck.holds("SETUID"), SelfCheck.holds("SETGID") else {
            guard startsServer else { return false }
            throw ConfigurationError(
                "root without SETUID and SETGID can start no server without privilege: "
                    + "add --cap-add SETUID --cap-add SETGID, or run as another user"
            )
        }
        return true
    }

    /// Here already, so that it holds for everything that is started, whatever its own steps say.
    private static func forbidNewPrivileges() throws(ConfigurationError) {
        #if WEAKENED
            if Weakness.lacks(.noNewPrivileges) { return }
        #endif
        guard cns_no_new_privileges() == 0 else { throw ConfigurationError("the kernel refuses no_new_privs") }
    }

    /// The agent's program. Without it sessions and files are refused; everything else works.
    private static func agentProgram(_ configuration: HelperConfiguration) -> OwnedDescriptor? {
        let path = ServerProgram.agentPath(configuration)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            Log.warning("no sessions and no files: the agent's program '\(path)': \(SystemError(errno: errno))")
            return nil
        }
        return OwnedDescriptor(adopting: descriptor)
    }

    /// The audit log, open; nil if none is kept.
    private static func auditSink(
        _ configuration: HelperConfiguration
    ) throws(ConfigurationError)
        -> AuditSink?
    {
        guard !configuration.auditLog.isEmpty else { return nil }
        return try AuditSink(configuration.auditLog, workspaceGroup: configuration.ids.workspaceGroup)
    }

    private static func signalDescriptor() throws(ConfigurationError) -> OwnedDescriptor {
        var descriptor: Int32 = -1
        let code = cns_signal_descriptor(&descriptor)
        guard code == 0 else { throw ConfigurationError("signalfd: \(SystemError(errno: code))") }
        return OwnedDescriptor(adopting: descriptor)
    }

    private static func makeDoor(
        _ configuration: HelperConfiguration,
        isPrivileged: Bool
    ) throws(ConfigurationError)
        -> PathDoor
    {
        try makeDoorDirectory(parent(of: configuration.socket))
        return try PathDoor(
            path: configuration.socket,
            isPrivileged: isPrivileged,
            permittedUIDs: isPrivileged ? [0, configuration.ids.control] : [0, getuid()]
        )
    }

    /// Makes the socket's directory, enterable by everybody and listed by nobody, and insists that nobody but
    /// this uid can replace what is in it.
    static func makeDoorDirectory(_ directory: String) throws(ConfigurationError) {
        guard !SystemDirectories.contain(directory) else {
            throw ConfigurationError(
                "socket: give the socket a directory of its own, for instance \(directory)/ns-helper"
            )
        }
        var path = ""
        for component in directory.split(separator: "/") {
            path += "/" + component
            if mkdir(path, 0o711) == 0 {
                chmod(path, 0o711)  // the umask of this process is 077
            } else if errno != EEXIST {
                throw ConfigurationError("socket: cannot make directory '\(path)': \(SystemError(errno: errno))")
            }
        }
        // An image that runs read-only brings the directory, and nothing can be made in it.
        if access(directory, W_OK) != 0, errno == EROFS {
            let code = cns_mount_writable(directory)
            guard code == 0 else {
                throw ConfigurationError(
                    "socket: '\(directory)' is read-only and nothing can be mounted there "
                        + "(\(SystemError(errno: code))): mount a tmpfs on it"
                )
            }
        }
        var status = stat()
        guard lstat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0
        else {
            throw ConfigurationError(
                "socket: '\(directory)' must be a directory, not a link, of uid \(geteuid()) and writable by no other"
            )
        }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func baseEnvironment(
        _ configuration: HelperConfiguration
    ) throws(ConfigurationError)
        -> BaseEnvironment
    {
        guard let text = TextFile.read(configuration.environmentFile) else {
            guard access(configuration.environmentFile, F_OK) != 0 else {
                throw ConfigurationError(
                    "environment-file: cannot read '\(configuration.environmentFile)': "
                        + "it must be UTF-8, at most 1 MiB, and readable by root"
                )
            }
            return BaseEnvironment()
        }
        return try BaseEnvironment(file: text, path: configuration.environmentFile)
    }

    private static func announce(_ isolation: Isolation, _ configuration: HelperConfiguration, _ ports: HeldPorts) {
        let ports = "ports \(ports.api.port) and \(ports.jupyter.port) held"
        switch isolation.mode {
        case .namespaces(let set):
            let sharing = isolation.context.layout.sharing
            Log.notice(
                "mode namespaces: three namespaces in \(set.setupMicroseconds) µs; \(ports); workspace \(sharing.name)"
            )
            if let failure = isolation.groupFailure { Log.warning(failure.reason) }
            if isolation.context.layout.landlockVersion < 6 {
                Log.warning("this kernel cannot confine abstract Unix sockets to a cell: Linux 6.12 or later can")
            }
            if sharing == .group {
                Log.warning(
                    "\(configuration.workspace): its file system refuses idmapped mounts; user and secure share it "
                        + "through gid \(configuration.ids.workspaceGroup), so it should be setgid and group-writable"
                )
            }
        case .kept(let spaces) where spaces.mode == .landlock:
            Log.warning(
                "mode landlock: Landlock domains in \(spaces.setupMicroseconds) µs, one uid for all: every process and its "
                    + "command line can be listed by user code; \(ports); workspace \(isolation.context.layout.sharing.name)"
            )
            Log.notice("the socket for tools admits root alone, for user code has this uid too")
        case .kept(let spaces):
            Log.warning(
                "mode users: separate uids in \(spaces.setupMicroseconds) µs, no namespaces: every process and its command "
                    + "line can be listed by user code; \(ports); workspace \(isolation.context.layout.sharing.name)"
            )
            if isolation.context.layout.landlockVersion < 1 {
                Log.warning(
                    "this kernel has no Landlock: files that a command leaves outside of its home are not removed"
                )
            }
            for path in HiddenPaths.exposed(configuration, isolation.context.layout) {
                Log.warning("'\(path)' cannot be covered in mode users, and its mode lets everybody read it")
            }
        case .open:
            Log.warning(
                "mode none: ISOLATION IS OFF. User code can see, kill and read everything that runs as its uid. "
                    + "For local development only. \(ports)"
            )
        case .unavailable:
            let demanded = configuration.isolation?.name ?? "auto"
            Log.error("mode \(demanded) was demanded: no command will be started; \(ports)")
        }
        announceCredentials(isolation, configuration)
    }

    /// Says what becomes of commands with credentials where the mode cannot protect them fully.
    private static func announceCredentials(_ isolation: Isolation, _ configuration: HelperConfiguration) {
        guard let mode = isolation.mode.isolation, !mode.protectsCredentials else { return }
        if configuration.acceptsCredentials(in: mode) {
            Log.warning(
                "CREDENTIALS ARE NOT FULLY PROTECTED in mode \(mode.name): commands that carry them are run because of "
                    + "accept-unprotected-credentials"
            )
        } else {
            Log.notice(
                "commands that carry credentials are refused in mode \(mode.name); "
                    + "--accept-unprotected-credentials \(mode.name) would run them"
            )
        }
    }
}
