import Glibc

/// A system call's failure: errno(3).
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The error number.
    public var errno: Int32

    /// Makes an error from a number.
    public init(errno: Int32) {
        self.errno = errno
    }

    /// The C library's sentence for the number. Holds nothing that came from a request.
    public var description: String {
        unsafe String(cString: strerror(errno))
    }

    /// Turns a shim's answer, 0 or an errno value, into a throw.
    @inlinable
    public static func check(_ code: Int32) throws(SystemError) {
        guard code == 0 else { throw SystemError(errno: code) }
    }
}
