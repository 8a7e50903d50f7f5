import HelperProtocol

/// What the processes of `user` and `secure` may use up, and who goes first when the machine has too little.
struct SandboxLimits: Hashable {
    /// The limits of one of the two.
    struct Share: Hashable {
        /// Processes and threads of the namespace's uid.
        var processes: UInt64
        /// Descriptors of one process.
        var openFiles: UInt64
        /// How much further back in the queue for a processor than the control plane.
        var nice: Int
        /// The kernel kills the highest when memory ends, proc_pid_oom_score_adj(5).
        var outOfMemoryScore: Int
    }

    var user: Share
    var secure: Share
    var serverOutOfMemoryScore: Int

    /// - Parameters:
    ///   - ownScore: The helper's own score, which only SYS_RESOURCE could lower: everybody else's is between it and
    ///     the end of the scale, user before secure before server.
    ///   - containerProcesses: How many the container may have, nil for any number: user may have half of them and
    ///     secure a quarter, or a fork bomb would leave the control plane none.
    init(_ configuration: HelperConfiguration, ownScore: Int, containerProcesses: UInt64?) {
        func score(_ percent: Int) -> Int { ownScore + (1000 - ownScore) * percent / 100 }
        func processes(_ divisor: UInt64) -> UInt64 {
            min(configuration.userProcesses, containerProcesses.map { max($0 / divisor, 16) } ?? .max)
        }
        user = Share(
            processes: processes(2),
            openFiles: configuration.openFiles,
            nice: configuration.userNice,
            outOfMemoryScore: score(50)
        )
        secure = Share(
            processes: processes(4),
            openFiles: configuration.openFiles,
            nice: configuration.secureNice,
            outOfMemoryScore: score(30)
        )
        serverOutOfMemoryScore = score(10)
    }
}
