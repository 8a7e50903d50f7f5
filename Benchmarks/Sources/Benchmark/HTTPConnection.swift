import Glibc

/// One connection to the API that is kept alive, with the least client that can be: what is measured is the server.
final class HTTPConnection {
    private let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket: errno \(errno)") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure("connect: errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// Runs a command to its end.
    func execute(in namespace: String) throws {
        let body = #"{"command":"true","namespace":"\#(namespace)"}"#
        let head = "POST /api/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        let status = try exchange(
            head + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)",
            expecting: #""exitCode":0"#
        )
        guard status == 200 else { throw Failure("the command failed: HTTP \(status)") }
    }

    /// Sends a request and reads the whole answer, which must have a Content-Length; its status.
    func exchange(_ request: String, expecting text: String = "") throws -> Int {
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure("send: errno \(errno)")
        }
        var answer = ""
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Failure("the server hung up: errno \(errno)") }
            answer += String(decoding: buffer[..<count], as: UTF8.self)
            guard let end = answer.firstRange(of: "\r\n\r\n") else { continue }
            let head = answer[..<end.lowerBound].lowercased()
            guard
                let length = head.split(separator: "content-length:").dropFirst().first?
                    .split(whereSeparator: \.isWhitespace).first.flatMap({ Int($0) })
            else { throw Failure("the answer has no length") }
            guard answer[end.upperBound...].utf8.count >= length else { continue }
            guard text.isEmpty || answer.contains(text) else { throw Failure("the command failed") }
            return Int(answer.dropFirst(9).prefix(3)) ?? 0
        }
    }
}
