import CMessageShim
import Glibc
import HelperTransport

/// Questions to the kernel about this process's descriptors. Other tests open and close theirs meanwhile, so
/// leaks are looked for by what a descriptor refers to, never by counting them all.
enum Descriptors {
    static func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) >= 0 }

    static func isCloseOnExec(_ number: Int32) -> Bool { fcntl(number, F_GETFD) & FD_CLOEXEC != 0 }

    /// How many descriptors of this process refer to the same file as `number`.
    static func references(to number: Int32) -> Int {
        guard let wanted = identity(number) else { return 0 }
        return (0..<Int32(1024)).count { identity($0).map { $0 == wanted } ?? false }
    }

    /// A pipe of its own, as something to pass around and recognize.
    static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        try ends.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { throw SystemError(errno: EINVAL) }
            try SystemError.check(cms_pipe(base))
        }
        return (ends[0], ends[1])
    }

    private static func identity(_ number: Int32) -> [UInt64]? {
        var status = stat()
        guard fstat(number, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
