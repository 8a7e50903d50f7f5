import Glibc
import HelperTransport

/// A TCP connection to a port of this host, byte by byte; closed with the value.
struct RawConnection: ~Copyable {
    private let descriptor: OwnedDescriptor

    init(port: UInt16) throws {
        descriptor = OwnedDescriptor(
            adopting: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        )
        let address: [UInt8] =
            [UInt8(AF_INET), 0, UInt8(port >> 8), UInt8(truncatingIfNeeded: port), 127, 0, 0, 1]
            + [UInt8](repeating: 0, count: 8)
        let code = address.withUnsafeBytes { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return -1 }
            return connect(descriptor.rawValue, start.assumingMemoryBound(to: sockaddr.self), 16)
        }
        guard code == 0 else { throw SystemError(errno: errno) }
    }

    func write(_ text: String) {
        _ = Glibc.write(descriptor.rawValue, text, text.utf8.count)
    }
}
