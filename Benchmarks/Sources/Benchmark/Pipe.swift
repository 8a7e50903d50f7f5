import Glibc
import HelperTransport

/// A pipe that one command writes to.
final class Pipe {
    let reader: Int32
    private(set) var writer: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure("pipe: errno \(errno)") }
        (reader, writer) = (ends[0], ends[1])
        // Not inherited by the next command: the end of file would be late.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(reader)
        closeWriter()
    }

    func closeWriter() {
        if writer >= 0 { close(writer) }
        writer = -1
    }

    /// Hands the writing end over.
    func takeWriter() -> OwnedDescriptor {
        defer { writer = -1 }
        return OwnedDescriptor(adopting: writer)
    }

    /// Reads to the end of file; what was read.
    @discardableResult
    func drain() -> String {
        var text = ""
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            while true {
                let count = read(reader, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                text += String(decoding: buffer[..<count], as: UTF8.self)
            }
        }
        return text
    }
}
