import Glibc
import HelperClient
import HelperProtocol
import SandboxTestSupport
import Testing

/// Which raw system calls are answered how (security.md 3.3). Arguments are chosen so that, where possible, the
/// kernel itself would answer something else.
@Suite(.timeLimit(.minutes(20)))
struct SystemCallTests {
    private static let absent = [
        "clone3", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
        "mount_setattr",
        "lsm_set_self_attr", "listns", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key",
        "request_key", "nobody_knows",
    ]

    private static let forbidden = [
        "unshare,0", "unshare,0x10000000", "unshare,0x20000", "unshare,0x20000000", "setns,-1,0", "setns,0,0", "mount",
        "umount2", "pivot_root", "chroot", "acct", "bpf,0,0,0", "bpf,5,0,0", "clock_settime", "clock_adjtime",
        "settimeofday", "adjtimex,0", "delete_module", "init_module", "finit_module", "kexec_load", "reboot", "swapon",
        "swapoff", "quotactl", "quotactl_fd", "syslog,10", "sethostname,0,0", "setdomainname,0,0", "vhangup",
        "fanotify_init", "open_by_handle_at", "perf_event_open", "userfaultfd,0", "mbind", "set_mempolicy,0,0,0",
        "get_mempolicy,0,0,0,0,0", "migrate_pages", "move_pages", "process_madvise", "vmsplice", "kcmp", "pidfd_getfd",
        // CLONE_NEW* with SIGCHLD: cgroup, UTS, IPC, user, PID, net, mount.
        "clone,0x2000011,0", "clone,0x4000011,0", "clone,0x8000011,0", "clone,0x10000011,0", "clone,0x20000011,0",
        "clone,0x40000011,0", "clone,0x20011,0",
        // TIOCSTI, the same with the upper half set, TIOCLINUX, TIOCSETD.
        "ioctl,0,0x5412,0", "ioctl,0,0x100005412,0", "ioctl,0,0x541c,0", "ioctl,0,0xffffffff0000541c,0",
        "ioctl,0,0x5423,0",
        // READ_IMPLIES_EXEC, ADDR_COMPAT_LAYOUT, MMAP_PAGE_ZERO, a foreign ABI.
        "personality,0x400000", "personality,0x200000", "personality,0x100000", "personality,0x0006",
    ]

    /// AF_ALG, VSOCK, PACKET, RXRPC, KEY, XDP, TIPC, SMC, CAN, BLUETOOTH, AX25, UNSPEC.
    private static let families = [38, 40, 17, 33, 15, 44, 30, 43, 29, 31, 3, 0].map { "socket,\($0),3,0" }

    private func answers(
        _ calls: [String],
        in namespace: SandboxNamespace,
        of pair: Pair
    ) async throws -> [String: String] {
        let result = try await pair.run([try pair.installStateProbe(), "calls"] + calls, in: namespace)
        #expect(result.code == 0, "\(result.status) after \(result.lines.last ?? "")")
        return Dictionary(
            result.lines.map { line in
                let words = line.split(separator: " ").map(String.init)
                return (words[0], words[1])
            },
            uniquingKeysWith: { $1 }
        )
    }

    private func expect(_ calls: [String], _ errno: String, in namespace: SandboxNamespace, of pair: Pair) async throws
    {
        let answers = try await answers(calls, in: namespace, of: pair)
        for call in calls { #expect(answers[call] == errno, "\(namespace.name): \(call)") }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `calls of the policy get the planned errno`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            try await expect(Self.absent, "ENOSYS", in: namespace, of: pair)
            try await expect(Self.forbidden, "EPERM", in: namespace, of: pair)
            try await expect(Self.families, "EAFNOSUPPORT", in: namespace, of: pair)
            try await expect(["socketpair,38,1,0,0"], "EAFNOSUPPORT", in: namespace, of: pair)
            // Netlink of netfilter, audit, xfrm, generic.
            try await expect(
                ["12", "9", "6", "16"].map { "socket,16,3,\($0)" },
                "EPROTONOSUPPORT",
                in: namespace,
                of: pair
            )
            #if arch(x86_64)
                try await expect(
                    ["iopl", "ioperm", "modify_ldt,0,0,0", "lookup_dcookie", "kexec_file_load"],
                    "EPERM",
                    in: namespace,
                    of: pair
                )
                try await expect(
                    [
                        "_sysctl", "create_module", "query_module", "get_kernel_syms", "nfsservctl", "uselib",
                        "ustat,0,0", "sysfs,3",
                    ],
                    "ENOSYS",
                    in: namespace,
                    of: pair
                )
            #endif
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `what programs need is let through`(namespace: SandboxNamespace) async throws {
        let calls = [
            "socket,1,1,0", "socket,2,1,0", "socket,10,1,0", "socket,16,3,0", "socket,16,3,4", "clone,0x11,0",
            "personality,0", "personality,0x8", "personality,0x20000", "personality,0xffffffff", "personality,0",
            "inotify_init1,0", "getpid", "landlock_create_ruleset,0,0,1", "prctl,38,1,0,0,0",
        ]
        try await PairFixture.with(.helperOnly) { pair in
            let answers = try await answers(calls, in: namespace, of: pair)
            for call in calls where !call.hasPrefix("landlock") { #expect(answers[call] == "0", "\(call)") }
            #expect(answers["landlock_create_ruleset,0,0,1"] != "EPERM")
        }
    }

    @Test func `debugging calls are for user alone`() async throws {
        // PTRACE_TRACEME; reads with a vector that is no address.
        let calls = [
            "process_vm_readv,1,0,0,0,0,0", "process_vm_writev,1,0,0,0,0,0", "personality,0x40000", "ptrace,0,0,0,0",
        ]
        try await PairFixture.with(.helperOnly) { pair in
            let user = try await answers(calls, in: .user, of: pair)
            #expect(calls.map { user[$0] } == ["0", "0", "0", "0"])
            try await expect(calls, "EPERM", in: .secure, of: pair)
        }
    }

    @Test(arguments: [SandboxNamespace.user, .secure])
    func `identity cannot be taken back`(namespace: SandboxNamespace) async throws {
        try await PairFixture.with(.helperOnly) { pair in
            try await expect(
                ["setresuid,0,0,0", "setresgid,0,0,0", "setresuid,\(pair.ids.control),-1,-1"],
                "EPERM",
                in: namespace,
                of: pair
            )
        }
    }

    #if arch(x86_64)
        @Test(arguments: [SandboxNamespace.user, .secure])
        func `foreign call gates end the process`(namespace: SandboxNamespace) async throws {
            try await PairFixture.with(.helperOnly) { pair in
                let probe = try pair.installStateProbe()
                let gate = try await pair.run([probe, "foreign"], in: namespace)
                #expect(gate.status.cause == .signaled(31) || gate.status.cause == .signaled(11), "\(gate.text)")
                let bit = try await pair.run([probe, "calls", "number0x40000027"], in: namespace)
                #expect(bit.status.cause == .signaled(31))
            }
        }

        @Test func `a traced call that is changed to a forbidden one is still refused`() async throws {
            try await PairFixture.with(.helperOnly) { pair in
                // gdb turns getpgrp into unshare at the entry stop: the filter runs after the tracer.
                let script = """
                    gdb -batch -ex 'catch syscall getpgrp' -ex run -ex 'set $orig_rax = 272' \\
                        -ex 'set $rdi = 0x10000000' -ex stepi -ex 'print (long) $rax' \\
                        --args \(try pair.installStateProbe()) state 2>&1 | tail -1
                    """
                let result = try await pair.shell(script)
                #expect(result.text == "$1 = -1", "\(result.text)")
            }
        }
    #endif
}
