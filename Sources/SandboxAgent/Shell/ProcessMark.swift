import Glibc

/// What all processes of one background command bear, whoever their parents are by now.
///
/// A number, as the limit of their file locks: it is inherited over fork(2) and execve(2), nothing without privilege can
/// raise it again, and Linux has not enforced it since 2.4.25 (getrlimit(2), RLIMIT_LOCKS). Where the container's own
/// limit is lower, the variable remains, which a copy of the shell that has called no execve(2) does not have.
struct ProcessMark {
    /// The limit for a command's number, unlike any that somebody would choose.
    static func limit(_ number: UInt32) -> UInt64 { 1 << 40 + UInt64(number) }

    private let limit: UInt64
    private let variable: [UInt8]

    init(number: UInt32, processID: [UInt8]) {
        limit = Self.limit(number)
        variable = Array("SANDBOX_PROCESS_ID=".utf8) + processID
    }

    /// Whether a process is one of the command's.
    func isBorne(by pid: pid_t) -> Bool {
        ProcessScan.fileLockLimit(pid) == limit || ProcessScan.hasVariable(pid, variable)
    }
}
