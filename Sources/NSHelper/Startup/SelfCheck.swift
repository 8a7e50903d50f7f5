import CNamespaceShim
import Glibc
import HelperProtocol

/// What the helper must be before it may try to isolate anything.
enum SelfCheck {
    /// The six capabilities, each with the step that needs it.
    static let capabilities: [(name: String, reason: StaticString)] = [
        ("SYS_ADMIN", "clone3 with new namespaces, setns, mount"),
        ("SYS_CHROOT", "setns into a mount namespace"),
        ("SETUID", "the children's uids"),
        ("SETGID", "the children's groups"),
        ("SETPCAP", "emptying the children's bounding sets"),
        ("KILL", "signals to processes of other uids"),
    ]

    /// Those of the six that mode `users` needs. SETPCAP it takes where it is there.
    private static let ofUsers: Set<String> = ["SETUID", "SETGID", "KILL"]

    /// The six as a bit mask.
    static var mask: UInt64 {
        capabilities.reduce(0) { mask, capability in
            let number = cns_capability_number("cap_" + capability.name.asciiLowercased)
            return number >= 0 ? mask | 1 << UInt64(number) : mask
        }
    }

    /// Names of the capabilities in `mask` that `held` lacks.
    static func missing(_ held: UInt64) -> [String] {
        capabilities.filter { capability in
            let number = cns_capability_number("cap_" + capability.name.asciiLowercased)
            return number < 0 || held & 1 << UInt64(number) == 0
        }.map(\.name)
    }

    /// Whether this process holds one of the six now.
    static func holds(_ name: String) -> Bool {
        var sets = cns_capabilities()
        return cns_read_capabilities(&sets) == 0 && !missing(sets.effective).contains(name)
    }

    /// The first reason why a mode cannot work, before anything is tried.
    static func failure(_ mode: IsolationMode) -> HelloReply.ProbeFailure? {
        if mode == .none { return nil }
        func failure(_ stage: Stage, _ errno: Int32, missing: [String] = []) -> HelloReply.ProbeFailure {
            let failure = HelperFailure(.stepFailed, stage: stage, errno: errno)
            return .init(stage: stage, errno: errno, remedy: Remedy.text(failure, missing: missing))
        }
        if mode == .landlock { return landlockFailure(version: cns_landlock_version(), isRoot: geteuid() == 0) }
        guard geteuid() == 0 else { return failure(.helperIdentity, EPERM) }
        var sets = cns_capabilities()
        let code = cns_read_capabilities(&sets)
        guard code == 0 else { return failure(.helperCapabilities, code) }
        let missing = missing(sets.effective).filter { mode == .namespaces || ofUsers.contains($0) }
        guard missing.isEmpty else { return failure(.helperCapabilities, EPERM, missing: missing) }
        // setns into a mount namespace is refused to a process with a second thread (setns(2)).
        guard cns_thread_count() == 1 else { return failure(.helperThreads, EBUSY) }
        return nil
    }

    /// Why mode `landlock` cannot work: signals and abstract sockets have scopes since version 6 of the kernel's interface
    /// (Linux 6.12).
    static func landlockFailure(version: Int32, isRoot: Bool) -> HelloReply.ProbeFailure? {
        if isRoot { return .init(stage: .helperIdentity, errno: EPERM, remedy: Remedy.notAsRoot) }
        guard version < 6 else { return nil }
        let failure = HelperFailure(.stepFailed, stage: .landlock, errno: EOPNOTSUPP)
        return .init(stage: .landlock, errno: EOPNOTSUPP, remedy: Remedy.text(failure))
    }
}
