import Glibc
import HelperTransport
import NIOCore

/// A file that the agent opened: closed when nobody holds it any more. Reading and writing block, so both belong on
/// ``FileThreads``.
final class OpenFile: Sendable {
    /// Bytes that are read or written at once.
    static let pieceSize = 262_144

    private let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Up to `count` bytes from `offset`; fewer only at the end of the file. pread(2).
    func read(at offset: Int, count: Int) throws(FileFailure) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        while buffer.readableBytes < count {
            let rest = count - buffer.readableBytes
            let position = off_t(offset + buffer.readableBytes)
            var failure: Int32 = 0
            let got = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: rest) { memory in
                let got = pread(descriptor.rawValue, memory.baseAddress, rest, position)
                if got < 0 { failure = errno }
                return max(got, 0)
            }
            if got == 0, failure == 0 { break }
            if failure != 0, failure != EINTR { throw .failed(errno: failure) }
        }
        return buffer
    }

    /// Appends all of the buffer. write(2).
    func write(_ buffer: ByteBuffer) throws(FileFailure) {
        var rest = buffer.readableBytesView
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor.rawValue, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { throw .failed(errno: errno) }
            rest = rest.dropFirst(max(count, 0))
        }
    }
}
