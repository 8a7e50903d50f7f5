import Glibc
import HelperTransport
import Synchronization

/// A program that listens on a port of 127.0.0.1 and treats every connection by the same script, each on a thread.
final class TestUpstream: Sendable {
    let port: Int
    private let listener: OwnedDescriptor
    private let accepted = Mutex(0)

    /// How many connections there were.
    var connections: Int { accepted.withLock { $0 } }

    init(_ script: @escaping @Sendable (RawConnection) -> Void) throws {
        listener = OwnedDescriptor(
            adopting: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        )
        var address = [UInt8](repeating: 0, count: 16)
        (address[0], address[4], address[7]) = (UInt8(AF_INET), 127, 1)
        var length = socklen_t(address.count)
        let number = listener.rawValue
        let code = address.withUnsafeMutableBytes { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return -1 }
            let pointer = start.assumingMemoryBound(to: sockaddr.self)
            guard bind(number, pointer, length) == 0, listen(number, 16) == 0 else { return -1 }
            return getsockname(number, pointer, &length)
        }
        guard code == 0 else { throw SystemError(errno: errno) }
        port = Int(address[2]) << 8 | Int(address[3])
        ThreadStarter.start { [self] in
            while true {
                let connected = accept(number, nil, nil)
                guard connected >= 0 else { return }
                _ = fcntl(connected, F_SETFD, FD_CLOEXEC)
                accepted.withLock { $0 += 1 }
                ThreadStarter.start { script(RawConnection(adopting: OwnedDescriptor(adopting: connected))) }
            }
        }
    }

    /// Ends the thread that accepts; nobody can connect any more.
    func stop() {
        shutdown(listener.rawValue, Int32(SHUT_RDWR))
    }
}
