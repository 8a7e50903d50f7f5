import CMessageShim
import HelperClient
import HelperTransport

/// Both ends of a new pipe, each until it is taken. pipe2(2).
struct Pipe: ~Copyable {
    private var readEnd: OwnedDescriptor?
    private var writeEnd: OwnedDescriptor?

    init() throws(HelperClientError) {
        var ends: [Int32] = [-1, -1]
        let code = cms_pipe(&ends)
        guard code == 0 else { throw .system(SystemError(errno: code)) }
        readEnd = OwnedDescriptor(adopting: ends[0])
        writeEnd = OwnedDescriptor(adopting: ends[1])
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
