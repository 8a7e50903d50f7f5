import Glibc
import HelperTransport

/// A TCP connection to a port of this host, byte by byte; closed with the object. What may take long has two forms: one
/// that blocks, for threads, and one for tasks, whose few threads the server needs too.
final class RawConnection: Sendable {
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
        var limit = timeval(tv_sec: 40, tv_usec: 0)
        setsockopt(descriptor.rawValue, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Takes over a connected socket.
    init(adopting descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    func write(_ text: String) {
        write(bytes: Array(text.utf8))
    }

    /// Writes everything, unless the connection is closed first.
    func write(bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            done += count
        }
    }

    /// Writes everything; false if that is not possible within a number of seconds without any progress.
    func tryWrite(bytes: [UInt8], within seconds: Int) -> Bool {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor.rawValue, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// What has come; nil when the connection is closed or nothing comes within ten seconds.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor.rawValue, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    /// All that comes until the connection is closed, or until it holds the text.
    func readAll(until text: String? = nil) -> String {
        var all: [UInt8] = []
        while let more = read() {
            all += more
            if let text, String(decoding: all, as: UTF8.self).contains(text) { break }
        }
        return String(decoding: all, as: UTF8.self)
    }

    func read() async -> [UInt8]? {
        await Self.onThread { self.read() }
    }

    func readAll(until text: String? = nil) async -> String {
        await Self.onThread { self.readAll(until: text) }
    }

    func write(bytes: [UInt8]) async {
        await Self.onThread { self.write(bytes: bytes) }
    }

    func tryWrite(bytes: [UInt8], within seconds: Int) async -> Bool {
        await Self.onThread { self.tryWrite(bytes: bytes, within: seconds) }
    }

    /// Does something that blocks on a thread of its own.
    static func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            ThreadStarter.start { continuation.resume(returning: body()) }
        }
    }
}
