import CMessageShim
import Glibc
import HelperClient
import HelperTransport

/// Both ends of a new pipe between the server and a command, each until it is taken. pipe2(2).
struct Pipe: ~Copyable {
    /// What the command does with its end: it reads its input, and writes its output and errors.
    enum Purpose: mode_t {
        case input = 0o644
        case output = 0o622
    }

    private var readEnd: OwnedDescriptor?
    private var writeEnd: OwnedDescriptor?

    /// Makes a pipe that is the server's and that the command's programs may open anew, as /dev/stdin and so on: both ends
    /// are one inode, whose mode decides that.
    init(_ purpose: Purpose) throws(HelperClientError) {
        var ends: [Int32] = [-1, -1]
        let code = cms_pipe(&ends)
        guard code == 0 else { throw .system(SystemError(errno: code)) }
        readEnd = OwnedDescriptor(adopting: ends[0])
        writeEnd = OwnedDescriptor(adopting: ends[1])
        guard fchmod(ends[0], purpose.rawValue) == 0 else { throw .system(SystemError(errno: errno)) }
    }

    /// Moves the end out that output is read from. Once.
    mutating func takeReadEnd() -> OwnedDescriptor {
        guard let end = readEnd.take() else { preconditionFailure("the read end was taken before") }
        return end
    }

    /// Moves the end out that the child writes to. Once.
    mutating func takeWriteEnd() -> OwnedDescriptor {
        guard let end = writeEnd.take() else { preconditionFailure("the write end was taken before") }
        return end
    }
}
