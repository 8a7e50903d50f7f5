import CMessageShim
import Glibc
import HelperTransport

/// Two connected channels.
struct Ends: ~Copyable {
    let near: RecordChannel
    let far: RecordChannel

    init() throws {
        let pair = try RecordChannel.pair()
        // A pair's halves cannot be moved out one by one, so each channel owns a duplicate.
        near = RecordChannel(adopting: OwnedDescriptor(adopting: fcntl(pair.near.rawValue, F_DUPFD_CLOEXEC, 0)))
        far = RecordChannel(adopting: OwnedDescriptor(adopting: fcntl(pair.far.rawValue, F_DUPFD_CLOEXEC, 0)))
    }

    /// Sends past the shim's own checks: any number of descriptors, any record.
    func sendRaw(_ record: [UInt8], descriptors: [Int32]) throws {
        var control = [UInt64](repeating: 0, count: 2 + (descriptors.count + 1) / 2)
        control[0] = UInt64(16 + 4 * descriptors.count)
        control[1] = UInt64(SOL_SOCKET) | UInt64(SCM_RIGHTS) << 32
        for (index, number) in descriptors.enumerated() {
            control[2 + index / 2] |= UInt64(UInt32(bitPattern: number)) << UInt64(32 * (index % 2))
        }
        var record = record
        let length = record.count
        let sent = record.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { space in
                var vector = iovec(iov_base: bytes.baseAddress, iov_len: length)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var message = msghdr()
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    message.msg_control = space.baseAddress
                    message.msg_controllen = descriptors.isEmpty ? 0 : space.count
                    return sendmsg(near.rawValue, &message, Int32(MSG_NOSIGNAL))
                }
            }
        }
        guard sent == length else { throw SystemError(errno: EIO) }
    }
}

extension RecordChannel {
    /// The next record without its descriptors, which are closed; nil at the end of the connection.
    func receiveRecord(waiting: Bool = true) throws -> [UInt8]? {
        guard let received = try receive(waiting: waiting) else { return nil }
        return received.record
    }
}
