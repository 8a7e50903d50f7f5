import Glibc
import HelperTransport
import Synchronization

/// A WebSocket client that can also break the rules, with a time limit on every read.
final class WebSocketClient: Sendable {
    struct Frame: Equatable, Sendable {
        var opcode: UInt8
        var bytes: [UInt8]
        var isLast = true

        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// The status of a close frame.
        var code: Int { bytes.count < 2 ? 1005 : Int(bytes[0]) << 8 | Int(bytes[1]) }
    }

    static let text: UInt8 = 1
    static let binary: UInt8 = 2
    static let close: UInt8 = 8
    static let ping: UInt8 = 9
    static let pong: UInt8 = 10

    private let connection: RawConnection
    private let pending: Mutex<[UInt8]>
    /// The answer's head.
    let head: String

    /// Connects and asks for the upgrade; ``head`` tells whether it was granted.
    static func open(port: UInt16, path: String, headers: [String] = []) async throws -> WebSocketClient {
        try await RawConnection.onThread { Result { try WebSocketClient(port: port, path: path, headers: headers) } }
            .get()
    }

    private init(port: UInt16, path: String, headers: [String]) throws {
        let connection = try RawConnection(port: port)
        let lines =
            [
                "GET \(path) HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            ] + headers
        connection.write(lines.joined(separator: "\r\n") + "\r\n\r\n")
        let (head, rest) = try Self.readHead(connection)
        self.head = head
        pending = Mutex(rest)
        self.connection = connection
    }

    private static func readHead(_ connection: RawConnection) throws -> (String, [UInt8]) {
        var read: [UInt8] = []
        while true {
            if let end = read.firstRange(of: Array("\r\n\r\n".utf8)) {
                return (String(decoding: read[..<end.lowerBound], as: UTF8.self), Array(read[end.upperBound...]))
            }
            guard let more = connection.read() else { throw SystemError(errno: ETIMEDOUT) }
            read += more
        }
    }

    var isOpen: Bool { head.hasPrefix("HTTP/1.1 101 ") }

    func send(_ text: String) { send(Self.text, Array(text.utf8)) }

    func send(_ opcode: UInt8, _ bytes: [UInt8], isLast: Bool = true, isMasked: Bool = true) {
        var frame: [UInt8] = [opcode | (isLast ? 0x80 : 0)]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch bytes.count {
        case ...125: frame.append(mask | UInt8(bytes.count))
        case ...65_535: frame += [mask | 126, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
        default: frame += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (56 - 8 * $0)) }
        }
        let key: [UInt8] = [1, 2, 3, 4]
        if isMasked { frame += key + bytes.enumerated().map { $1 ^ key[$0 % 4] } } else { frame += bytes }
        connection.write(bytes: frame)
    }

    /// Announces a frame of at least 64 KiB and sends nothing of it.
    func sendHead(_ opcode: UInt8, count: Int) {
        let length = (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
        connection.write(bytes: [opcode | 0x80, 0x80 | 127] + length + [1, 2, 3, 4])
    }

    /// The next frame; nil when the connection is closed, or nothing comes within some seconds.
    func receive() async -> Frame? {
        while true {
            if let frame = pending.withLock({ Self.takeFrame(&$0) }) { return frame }
            guard let more = await connection.read() else { return nil }
            pending.withLock { $0 += more }
        }
    }

    /// The next frames' texts.
    func texts(_ count: Int) async -> [String] {
        var texts: [String] = []
        while texts.count < count, let frame = await receive() { texts.append(frame.text) }
        return texts
    }

    private static func takeFrame(_ pending: inout [UInt8]) -> Frame? {
        guard pending.count >= 2 else { return nil }
        var start = 2
        var count = Int(pending[1] & 0x7F)
        if count == 126 {
            guard pending.count >= 4 else { return nil }
            (count, start) = (Int(pending[2]) << 8 | Int(pending[3]), 4)
        } else if count == 127 {
            guard pending.count >= 10 else { return nil }
            (count, start) = (pending[2..<10].reduce(0) { $0 << 8 | Int($1) }, 10)
        }
        guard pending.count >= start + count else { return nil }
        let frame = Frame(
            opcode: pending[0] & 0xF,
            bytes: Array(pending[start..<start + count]),
            isLast: pending[0] & 0x80 != 0
        )
        pending.removeFirst(start + count)
        return frame
    }
}
