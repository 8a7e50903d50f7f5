import HelperProtocol

extension Option {
    /// Every option, in the order of `--help`.
    static let all: [Option] = [
        Option(
            name: "isolation",
            form: "auto, namespaces, users, landlock or none",
            help: "how strongly to isolate; auto takes the strongest that works"
        ) { configuration, text in
            if text == "auto" {
                configuration.isolation = nil
                return true
            }
            guard let mode = IsolationMode(name: text) else { return false }
            configuration.isolation = mode
            return true
        },
        Option(
            name: "accept-unprotected-credentials",
            form: "users, landlock or none",
            help: "weakest mode in which commands with credentials are run; default: namespaces"
        ) { configuration, text in
            guard let mode = IsolationMode(name: text), !mode.protectsCredentials else { return false }
            configuration.acceptedForCredentials = mode
            return true
        },
        .number("api-port", 0...65_535, "TCP port of the HTTP API; 0 picks a free one", \.apiPort),
        .number("jupyter-port", 0...65_535, "TCP port of Jupyter; 0 picks a free one", \.jupyterPort),
        Option(
            name: "reserved-ports",
            form: "list of ports, separated by commas",
            help: "further TCP ports that nobody in the container may take"
        ) { configuration, text in
            let ports = text.split(separator: ",").map { UInt16($0) }
            guard ports.allSatisfy({ ($0 ?? 0) > 0 }) else { return false }
            configuration.reservedPorts = ports.compactMap { $0 }
            return true
        },
        .number("control-uid", 1...4_294_967_294, "uid of the server and of Jupyter", \.ids.control),
        .number("control-gid", 1...4_294_967_294, "gid of the server and of Jupyter", \.ids.controlGroup),
        .number("user-uid", 1...4_294_967_294, "uid of everything in the user namespace", \.ids.user),
        .number("secure-uid", 1...4_294_967_294, "uid of commands that carry credentials", \.ids.secure),
        .number(
            "cell-uid",
            1...4_294_967_294,
            "first uid of mode users, which takes two per cell slot and one",
            \.cellUID
        ),
        .number("workspace-gid", 1...4_294_967_294, "gid of user and secure processes", \.ids.workspaceGroup),
        .path("workspace", "directory that user and secure commands share", \.workspace),
        .path("socket", "socket for tools, open to root and the control uid", \.socket),
        .path("server", "the server's program; default: sandbox-server beside this program", \.server),
        .path("agent", "the agent's program; default: sandbox-agent beside this program", \.agent),
        .path("jupyter", "program that runs Jupyter in control; without it there is no code interpreter", \.jupyter),
        .path("homes", "homes of modes users and landlock; default: homes beside the socket", \.homes),
        .path(
            "environment-file",
            "NAME=value lines that every command's environment starts with",
            \.environmentFile
        ),
        Option(
            name: "audit-log",
            form: "absolute path, or syslog",
            help: "where each action and refusal is noted, a line each"
        ) { configuration, text in
            guard text == AuditSink.systemLog || isAbsolutePath(text) else { return false }
            configuration.auditLog = text
            return true
        },
        Option(
            name: "hidden-paths",
            form: "list of absolute paths, separated by colons",
            help: "further files and directories to cover in user and secure"
        ) { configuration, text in
            let paths = text.split(separator: ":").map(String.init)
            guard paths.allSatisfy(isAbsolutePath) else { return false }
            configuration.hiddenPaths = paths
            return true
        },
        .size("tmp-size", "size of each /tmp and /var/tmp", \.sizes.tmp),
        .size("home-size", "size of each home directory", \.sizes.home),
        .size("shm-size", "size of each /dev/shm", \.sizes.shm),
        .size("run-size", "size of each /run", \.sizes.run),
        .number("tmp-inodes", 16...100_000_000, "number of files in each private file system", \.sizes.inodes),
        .number("terminals", 1...4096, "number of terminals in each namespace and cell", \.sizes.terminals),
        .number("process-slots", 1...4096, "commands without credentials that may run at once", \.processSlots),
        .number("cell-slots", 1...4096, "commands with credentials that may run at once", \.cellSlots),
        Option(
            name: "cell-listen",
            form: "allow or refuse",
            help: "whether commands with credentials may listen on sockets"
        ) { configuration, text in
            guard text == "allow" || text == "refuse" else { return false }
            configuration.cellsListen = text == "allow"
            return true
        },
        .number("user-processes", 16...4_194_304, "processes that each sandbox uid may have", \.userProcesses),
        .number("open-files", 64...1_048_576, "descriptors that a process in the sandbox may have", \.openFiles),
        .number("user-nice", 0...19, "how far user stands back for a processor behind the control plane", \.userNice),
        .number("secure-nice", 0...19, "how far secure stands back for a processor", \.secureNice),
        Option(
            name: "cgroups",
            form: "auto, off or required",
            help: "limits by cgroups of the pair's own; auto has them where they can be had, and says so"
        ) { configuration, text in
            guard let demand = ControlGroupDemand(rawValue: text) else { return false }
            configuration.cgroups = demand
            return true
        },
        .memory("user-memory", "memory of everything in user, of the container's; needs cgroups", \.userMemory),
        .memory("secure-memory", "memory of all cells together; needs cgroups", \.secureMemory),
        .number(
            "user-cpu-weight",
            1...10_000,
            "processors for user against the server's 400; needs cgroups",
            \.userWeight
        ),
        .number("secure-cpu-weight", 1...10_000, "processors for secure; needs cgroups", \.secureWeight),
        .number("grace-ms", 0...600_000, "time between SIGTERM and SIGKILL when the pair stops", \.graceMilliseconds),
        .number(
            "watchdog-ms",
            0...3_600_000,
            "a server that has not said that it lives for so long is killed and started again; 0 for never",
            \.watchdogMilliseconds
        ),
    ]
}
