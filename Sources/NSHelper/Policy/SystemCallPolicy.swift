import Glibc

/// Which system calls each kind of process is denied, on top of whatever the container denies already.
///
/// Denied calls answer an errno that programs know how to handle; only a foreign architecture kills.
/// ENOSYS where libc has a fallback for older kernels, EPERM where a process without privilege would get
/// that anyway. Nothing is logged per call: user code could flood the log.
enum SystemCallPolicy {
    static func rules(_ name: FilterName) -> [SystemCallRule] {
        switch name {
        case .user: common + sockets + personality(mayFixAddresses: true)
        case .secure: common + sockets + personality(mayFixAddresses: false) + noDebugging
        case .userCell: rules(.secure) + noSharedObjects
        case .domainUser: rules(.user) + noForeignProcesses
        case .domainCell: rules(.userCell) + noForeignProcesses
        case .noListening: noListening
        case .server: noNewProgram
        case .namespaceInit: initCalls
        case .keeper: initCalls + keeperCalls
        }
    }

    /// The errno of calls that no rule names; 0 allows them.
    static func defaultError(_ name: FilterName) -> Int32 {
        name == .namespaceInit || name == .keeper ? EPERM : 0
    }

    private static let common: [SystemCallRule] = [
        SystemCallRule(
            names: [
                "clone3", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
                "mount_setattr", "lsm_set_self_attr", "listns", "uprobe", "uretprobe",
            ],
            error: ENOSYS,
            reason: "clone3's flags lie in memory where no filter can see them; the others administer mounts"
        ),
        SystemCallRule(
            names: ["io_uring_setup", "io_uring_enter", "io_uring_register"],
            error: ENOSYS,
            reason: "its operations are system calls that no filter sees"
        ),
        SystemCallRule(
            names: ["keyctl", "add_key", "request_key"],
            error: ENOSYS,
            reason: "the user keyring belongs to a uid, not to a namespace"
        ),
        SystemCallRule(
            names: ["unshare", "setns", "mount", "umount2", "pivot_root", "chroot"],
            error: EPERM,
            reason: "a new user namespace would bring every capability back, inside it"
        ),
        // CLONE_NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, and NEWNS.
        SystemCallRule(
            names: ["clone"],
            conditions: [.masked(argument: 0, mask: 0x0200_0000, value: 0x0200_0000)],
            error: EPERM,
            reason: "no new cgroup namespace"
        ),
        SystemCallRule(
            names: ["clone"],
            conditions: [.masked(argument: 0, mask: 0x0400_0000, value: 0x0400_0000)],
            error: EPERM,
            reason: "no new UTS namespace"
        ),
        SystemCallRule(
            names: ["clone"],
            conditions: [.masked(argument: 0, mask: 0x0800_0000, value: 0x0800_0000)],
            error: EPERM,
            reason: "no new IPC namespace"
        ),
        SystemCallRule(
            names: ["clone"],
            conditions: [.masked(argument: 0, mask: 0x1000_0000, value: 0x1000_0000)],
            error: EPERM,
            reason: "no new user namespace"
        ),
        SystemCallRule(
            names: ["clone"],
            conditions: [.masked(argument: 0, mask: 0x2000_0000, value: 0x2000_0000)],
            error: EPERM,
            reason: "no new PID namespace"
        ),
        SystemCallRule(
            names: ["clone"],
            conditions: [.masked(argument: 0, mask: 0x4000_0000, value: 0x4000_0000)],
            error: EPERM,
            reason: "no new network namespace"
        ),
        SystemCallRule(
            names: ["clone"],
            conditions: [.masked(argument: 0, mask: 0x0002_0000, value: 0x0002_0000)],
            error: EPERM,
            reason: "no new mount namespace"
        ),
        SystemCallRule(
            names: [
                "acct", "bpf", "clock_settime", "clock_adjtime", "settimeofday", "adjtimex", "delete_module",
                "init_module", "finit_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff",
                "quotactl", "quotactl_fd", "syslog", "sethostname", "setdomainname", "vhangup", "iopl", "ioperm",
                "fanotify_init", "lookup_dcookie", "open_by_handle_at", "perf_event_open", "userfaultfd",
            ],
            error: EPERM,
            reason: "kernel administration; SYS_ADMIN in the container's own profile opens most of these again"
        ),
        SystemCallRule(
            names: [
                "mbind", "set_mempolicy", "set_mempolicy_home_node", "get_mempolicy", "migrate_pages", "move_pages",
                "process_madvise", "vmsplice",
            ],
            error: EPERM,
            reason: "other processes' memory placement; vmsplice has been the way into page cache bugs"
        ),
        SystemCallRule(
            names: ["kcmp", "pidfd_getfd", "modify_ldt"],
            error: EPERM,
            reason: "looking into other processes beyond what debuggers need"
        ),
        SystemCallRule(
            names: [
                "_sysctl", "create_module", "query_module", "get_kernel_syms", "nfsservctl", "uselib", "ustat", "sysfs",
            ],
            error: ENOSYS,
            reason: "dead calls"
        ),
        SystemCallRule(
            names: ["ioctl"],
            conditions: [.masked(argument: 1, mask: 0xFFFF_FFFF, value: 0x5412)],
            error: EPERM,
            reason: "TIOCSTI types into a terminal; the kernel compares 32 bits only (CVE-2019-10063)"
        ),
        SystemCallRule(
            names: ["ioctl"],
            conditions: [.masked(argument: 1, mask: 0xFFFF_FFFF, value: 0x541C)],
            error: EPERM,
            reason: "TIOCLINUX pastes into a console (CVE-2023-28100)"
        ),
        SystemCallRule(
            names: ["ioctl"],
            conditions: [.masked(argument: 1, mask: 0xFFFF_FFFF, value: 0x5423)],
            error: EPERM,
            reason: "TIOCSETD loads line disciplines, rare ones with bugs among them (CVE-2017-2636, CVE-2023-6546)"
        ),
    ]

    private static let sockets = socketFamilies + netlinkProtocols

    /// All families but UNIX (1), INET (2), INET6 (10) and NETLINK (16). One rule a family, because
    /// libseccomp compares an argument only once in a rule.
    private static let socketFamilies: [SystemCallRule] =
        [0, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15].map { socketFamily(.equal(argument: 0, $0)) }
        + [socketFamily(.greater(argument: 0, 16))]

    /// Netlink protocols other than ROUTE (0) and SOCK_DIAG (4), which ip, ss and getifaddrs use.
    private static let netlinkProtocols: [SystemCallRule] =
        ([1, 2, 3].map { .equal(argument: 2, $0) } + [.greater(argument: 2, 4)]).map { condition in
            SystemCallRule(
                names: ["socket"],
                conditions: [.equal(argument: 0, 16), condition],
                error: EPROTONOSUPPORT,
                reason: "audit, netfilter and crypto are configured through other netlink protocols"
            )
        }

    private static func socketFamily(_ condition: SystemCallRule.Condition) -> SystemCallRule {
        SystemCallRule(
            names: ["socket", "socketpair"],
            conditions: [condition],
            error: EAFNOSUPPORT,
            reason:
                "rare families are where kernel bugs live (CVE-2026-31431, CVE-2026-43500); vsock leaves the machine"
        )
    }

    /// personality(2) keeps PER_LINUX, PER_LINUX32 (8) and UNAME26; gdb also wants ADDR_NO_RANDOMIZE. The
    /// query, all 32 bits set, must pass too. Since one rule sees an argument once, the forbidden bits are
    /// taken pairwise in a ring: a value with some but not all of them set has a set bit followed by a clear
    /// one. A value with all of them set is the query only if the allowed bits are set as well.
    private static func personality(mayFixAddresses: Bool) -> [SystemCallRule] {
        let allowed: [UInt64] = [0x8, 0x20000] + (mayFixAddresses ? [0x40000] : [])
        let forbidden = (0..<32).map { UInt64(1) << $0 }.filter { !allowed.contains($0) }
        let all = forbidden.reduce(0, |)
        let pairs = forbidden.indices.map { index in
            let (bit, next) = (forbidden[index], forbidden[(index + 1) % forbidden.count])
            return SystemCallRule.Condition.masked(argument: 0, mask: bit | next, value: bit)
        }
        let incompleteQueries = allowed.map { bit in
            SystemCallRule.Condition.masked(argument: 0, mask: all | bit, value: all)
        }
        return (pairs + incompleteQueries).map { condition in
            SystemCallRule(
                names: ["personality"],
                conditions: [condition],
                error: EPERM,
                reason: "executable stacks, fixed addresses and other ABIs help exploits"
            )
        }
    }

    private static let noDebugging: [SystemCallRule] = [
        SystemCallRule(
            names: ["ptrace", "process_vm_readv", "process_vm_writev"],
            error: EPERM,
            reason: "nobody debugs near a credential or in the control plane"
        )
    ]

    private static let noSharedObjects: [SystemCallRule] = [
        SystemCallRule(
            names: ["shmget", "shmat", "semget", "msgget", "mq_open"],
            error: ENOSYS,
            reason: "without an IPC namespace these objects are everybody's, and stay when the command has ended (G5)"
        )
    ]

    /// What asks for nothing but the same uid, and of what Landlock knows nothing. 0 is the caller itself. The kernel takes
    /// the low 32 bits of each argument.
    private static let noForeignProcesses: [SystemCallRule] =
        [
            (["prlimit64", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity"], UInt32(0)),
            (["setpriority", "ioprio_set"], 1),
        ].map { names, argument in
            SystemCallRule(
                names: names,
                conditions: [.notEqual(argument: argument, 0)],
                error: EPERM,
                reason: "limits and priorities of the server, the helper and other cells, which have the same uid"
            )
        } + [
            SystemCallRule(
                names: ["setpriority"],
                conditions: [.notEqual(argument: 0, 0)],
                error: EPERM,
                reason: "PRIO_USER with 0 is everybody of the one uid"
            ),
            SystemCallRule(
                names: ["ioprio_set"],
                conditions: [.notEqual(argument: 0, 1)],
                error: EPERM,
                reason: "IOPRIO_WHO_USER with 0 is everybody of the one uid"
            ),
            SystemCallRule(
                names: ["prctl"],
                conditions: [.masked(argument: 0, mask: 0xFFFF_FFFF, value: 62)],
                error: EPERM,
                reason: "PR_SCHED_CORE takes other processes' pids"
            ),
        ]

    private static let noNewProgram: [SystemCallRule] = [
        SystemCallRule(
            names: ["execve", "execveat"],
            error: EPERM,
            reason: "the server never starts a program; whoever takes it over must not either (G8)"
        )
    ]

    private static let noListening: [SystemCallRule] = [
        SystemCallRule(
            names: ["listen"],
            error: EACCES,
            reason:
                "a socket that was never bound listens on a port of the kernel's choice, which Landlock does not see"
        )
    ]

    private static let initCalls: [SystemCallRule] = [
        SystemCallRule(
            names: [
                "wait4", "poll", "ppoll", "read", "write", "sendto", "recvfrom", "close", "signalfd4", "rt_sigreturn",
                "rt_sigprocmask", "restart_syscall", "exit_group", "exit",
            ],
            error: 0,
            reason: "all that reaping takes"
        )
    ]

    private static let keeperCalls: [SystemCallRule] = [
        SystemCallRule(
            names: ["kill"],
            error: 0,
            reason: "reaches whoever has the keeper's effective uid: those are whom it is there to end"
        ),
        SystemCallRule(
            names: [
                "open", "openat", "getdents64", "stat", "lstat", "newfstatat", "chmod", "fchmodat", "unlinkat", "rmdir",
                "chdir", "fchdir",
            ],
            error: 0,
            reason: "removing a directory, with the rights of the uid that filled it"
        ),
    ]
}
