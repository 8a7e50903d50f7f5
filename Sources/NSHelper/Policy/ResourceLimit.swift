import Glibc

/// One limit of setrlimit(2). Values above the present hard limit are cut to it.
struct ResourceLimit: Hashable {
    enum Resource: Hashable {
        case coreFile, openFiles, processes, lockedMemory, messageQueues, nice, realTimePriority

        var number: Int32 {
            switch self {
            case .coreFile: Int32(RLIMIT_CORE.rawValue)
            case .openFiles: Int32(RLIMIT_NOFILE.rawValue)
            case .processes: Int32(__RLIMIT_NPROC.rawValue)
            case .lockedMemory: Int32(__RLIMIT_MEMLOCK.rawValue)
            case .messageQueues: Int32(__RLIMIT_MSGQUEUE.rawValue)
            case .nice: Int32(__RLIMIT_NICE.rawValue)
            case .realTimePriority: Int32(__RLIMIT_RTPRIO.rawValue)
            }
        }
    }

    var resource: Resource
    var soft: UInt64
    var hard: UInt64

    static let unlimited = UInt64.max

    /// Limits of everything in the user namespace.
    static func user(_ share: SandboxLimits.Share) -> [ResourceLimit] {
        common(share) + [
            // A developer may raise it and look at the core in the workspace.
            ResourceLimit(resource: .coreFile, soft: 0, hard: unlimited)
        ]
    }

    /// Limits of everything in a cell.
    static func secure(_ share: SandboxLimits.Share) -> [ResourceLimit] {
        common(share) + [
            // 0 would be ignored where core_pattern is a pipe; 1 aborts that dump, and no file is that
            // small (fs/coredump.c). A core holds the credential.
            ResourceLimit(resource: .coreFile, soft: 1, hard: 1)
        ]
    }

    private static func common(_ share: SandboxLimits.Share) -> [ResourceLimit] {
        [
            // Counted per real uid over all PID namespaces, hence three uids (getrlimit(2)).
            ResourceLimit(resource: .processes, soft: share.processes, hard: share.processes),
            // 1024 for programs that use select(2); what needs more may raise it.
            ResourceLimit(resource: .openFiles, soft: min(1024, share.openFiles), hard: share.openFiles),
            ResourceLimit(resource: .lockedMemory, soft: 65_536, hard: 65_536),
            ResourceLimit(resource: .messageQueues, soft: 819_200, hard: 819_200),
            ResourceLimit(resource: .nice, soft: 0, hard: 0),
            ResourceLimit(resource: .realTimePriority, soft: 0, hard: 0),
        ]
    }
}
