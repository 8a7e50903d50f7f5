import CNamespaceShim
import Glibc
import HelperProtocol
import Testing

@testable import NSHelper

/// The programs as a whole: which numbers they deny, and what they do about calls that nobody judged.
struct FilterSetTests {
    /// What `security.md` 3.3 demands, written down a second time.
    private static let missing = [
        "clone3", "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
        "mount_setattr", "lsm_set_self_attr", "listns", "uprobe", "uretprobe", "io_uring_setup", "io_uring_enter",
        "io_uring_register", "keyctl", "add_key", "request_key", "_sysctl", "create_module", "query_module",
        "get_kernel_syms", "nfsservctl", "uselib", "ustat", "sysfs",
    ]
    private static let forbidden = [
        "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "acct", "bpf", "clock_settime",
        "clock_adjtime", "settimeofday", "adjtimex", "delete_module", "init_module", "finit_module", "kexec_load",
        "kexec_file_load", "reboot", "swapon", "swapoff", "quotactl", "quotactl_fd", "syslog", "sethostname",
        "setdomainname", "vhangup", "iopl", "ioperm", "fanotify_init", "lookup_dcookie", "open_by_handle_at",
        "perf_event_open", "userfaultfd", "mbind", "set_mempolicy", "set_mempolicy_home_node", "get_mempolicy",
        "migrate_pages", "move_pages", "process_madvise", "vmsplice", "kcmp", "pidfd_getfd", "modify_ldt",
    ]
    private static let debugging = ["ptrace", "process_vm_readv", "process_vm_writev"]

    /// What the filter answers to every number, with arguments of zero.
    private func answers(_ filter: FilterName) throws -> [UInt32: FilterMachine.Answer] {
        var answers: [UInt32: FilterMachine.Answer] = [:]
        for number in 0...UInt32(cns_highest_system_call()) {
            answers[number] = try Filters.answer(filter, number)
        }
        return answers
    }

    private func numbers(_ names: [String]) -> Set<UInt32> {
        Set(names.map { cns_system_call($0) }.filter { $0 >= 0 }.map { UInt32($0) })
    }

    private func expect(_ filter: FilterName, forbidden: [String], missing: [String]) throws {
        let answers = try answers(filter)
        func those(_ wanted: FilterMachine.Answer) -> Set<UInt32> {
            Set(answers.filter { $0.value == wanted }.keys)
        }
        #expect(those(.error(EPERM)) == numbers(forbidden))
        #expect(those(.error(ENOSYS)) == numbers(missing))
        // Family 0 is no family that may be used.
        #expect(those(.error(EAFNOSUPPORT)) == (filter == .server ? [] : numbers(["socket", "socketpair"])))
        let denied = those(.error(EPERM)).union(those(.error(ENOSYS))).union(those(.error(EAFNOSUPPORT)))
        #expect(those(.allow).union(denied).count == answers.count)
    }

    @Test func userIsDeniedExactlyWhatTheResearchLists() throws {
        try expect(.user, forbidden: Self.forbidden, missing: Self.missing)
    }

    @Test func secureIsDeniedDebuggingBesides() throws {
        try expect(.secure, forbidden: Self.forbidden + Self.debugging, missing: Self.missing)
    }

    @Test func aCellWithoutNamespacesMakesNoObjectThatOutlivesIt() throws {
        try expect(
            .userCell,
            forbidden: Self.forbidden + Self.debugging,
            missing: Self.missing + ["shmget", "shmat", "semget", "msgget", "mq_open"]
        )
    }

    @Test func aKeeperMayEndProcessesAndRemoveADirectoryBesides() throws {
        let initCalls = Set(try answers(.namespaceInit).filter { $0.value == .allow }.keys)
        let keeperCalls = Set(try answers(.keeper).filter { $0.value == .allow }.keys)
        #expect(keeperCalls.isSuperset(of: initCalls))
        #expect(
            keeperCalls.subtracting(initCalls)
                == numbers([
                    "kill", "open", "openat", "getdents64", "stat", "lstat", "newfstatat", "chmod", "fchmodat",
                    "unlinkat", "rmdir", "chdir", "fchdir",
                ])
        )
    }

    @Test func theServersOwnFilterDeniesNewProgramsAndNothingElse() throws {
        try expect(.server, forbidden: ["execve", "execveat"], missing: [])
    }

    @Test func anInitMayReapAndHardlyAnythingElse() throws {
        let allowed = numbers([
            "wait4", "poll", "ppoll", "read", "write", "sendto", "recvfrom", "close", "signalfd4", "rt_sigreturn",
            "rt_sigprocmask",
            "restart_syscall", "exit_group", "exit",
        ])
        for (number, answer) in try answers(.namespaceInit) {
            #expect(answer == (allowed.contains(number) ? .allow : .error(EPERM)), "\(number)")
        }
    }

    @Test(arguments: [
        "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_send_signal", "seccomp",
        "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "prctl", "memfd_create",
        "memfd_secret", "name_to_handle_at", "inotify_init1", "statmount", "listmount", "rseq", "membarrier",
        "execve", "execveat", "clone", "fork", "vfork", "personality", "ioctl",
    ])
    func developmentInUserKeepsWhatItNeeds(name: String) throws {
        // fork and vfork are no calls of every architecture.
        if let answer = try Filters.answer(.user, name) { #expect(answer == .allow) }
    }

    @Test func everyNameOfThePolicyIsACallThatExists() {
        // A misspelt name would be skipped silently when the programs are built.
        #if arch(x86_64)
            let absent: Set<String> = []
        #else
            let absent: Set<String> = [
                "_sysctl", "create_module", "query_module", "get_kernel_syms", "uselib", "ustat", "sysfs", "modify_ldt",
                "iopl", "ioperm", "poll", "uprobe", "uretprobe", "kexec_file_load", "open", "stat", "lstat", "chmod",
                "rmdir",
            ]
        #endif
        for filter in FilterName.allCases {
            for rule in SystemCallPolicy.rules(filter) {
                for name in rule.names where !absent.contains(name) {
                    #expect(cns_system_call(name) >= 0, "\(name)")
                }
            }
        }
    }

    @Test(arguments: FilterName.allCases)
    func numbersNobodyKnewAreAnsweredLikeAnOlderKernel(filter: FilterName) throws {
        let highest = UInt32(cns_highest_system_call())
        for number in Array(highest + 1...highest + 200) + [1000, 0xFFFF, 0x3FFF_FFFF] {
            #expect(try Filters.answer(filter, number) == .error(ENOSYS), "\(number)")
        }
        #expect(try Filters.answer(filter, highest) != .allow || [.server, .noListening].contains(filter))
    }

    @Test(arguments: FilterName.allCases)
    func aForeignArchitectureKills(filter: FilterName) throws {
        // i386 (int 0x80), arm, aarch64, x86-64 without the 64 bit flag, riscv64, s390x, ppc64le, nothing at all.
        let all: [UInt32] = [
            0x4000_0003, 0x4000_0028, 0xC000_00B7, 0xC000_003E, 0x8000_003E, 0xC000_00F3, 0x8000_0016, 0xC000_0015, 0,
        ]
        for architecture in all where architecture != Filters.native {
            for number: UInt32 in [0, 1, 11, 60, 102, 470, 471, 0xFFFF_FFFF] {
                #expect(try Filters.answer(filter, number, architecture: architecture) == .killProcess)
            }
        }
    }

    @Test(arguments: FilterName.allCases)
    func theX32BitKills(filter: FilterName) throws {
        for number: UInt32 in [0, 1, 59, 101, 470, 512, 520, 547, 600] {
            #expect(try Filters.answer(filter, 0x4000_0000 | number) == .killProcess)
        }
        for number: UInt32 in [0x8000_0000, 0xC000_0000, 0xFFFF_FFFF] {
            #expect(try Filters.answer(filter, number) == .killProcess)
        }
    }

    @Test(arguments: FilterName.allCases)
    func aProgramIsShortEnoughForEveryCall(filter: FilterName) throws {
        // The kernel's limit is 4096 instructions; what is run for each call is far less.
        let count = try Filters.machines.get()[filter]?.program.count ?? 0
        #expect((8...512).contains(count), "\(count)")
    }
}
