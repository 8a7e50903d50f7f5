import Glibc

/// Files of the caller's machine.
enum LocalFile {
    /// Bytes of one piece that is read and sent.
    static let pieceBytes = 262_144

    /// All bytes of a file, at most `limit`.
    static func bytes(_ path: String, limit: Int = 1 << 30) throws(SandboxctlError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .local(path, errno) }
        defer { close(descriptor) }
        return try read(descriptor, path, limit: limit)
    }

    /// Everything that comes from a descriptor.
    static func read(_ descriptor: Int32, _ name: String, limit: Int) throws(SandboxctlError) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, mayTryAgain(descriptor, errno) { continue }
            guard count >= 0 else { throw .local(name, errno) }
            guard count > 0 else { return content }
            content += buffer[..<count]
            guard content.count <= limit else {
                throw SandboxctlError("\(name): more than \(limit) bytes are too many here.", exitCode: 65)
            }
        }
    }

    /// Whether a failed read may be done again; waits first where somebody has made the descriptor non-blocking.
    static func mayTryAgain(_ descriptor: Int32, _ code: Int32) -> Bool {
        if code == EAGAIN {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&waiting, 1, -1)
        }
        return code == EINTR || code == EAGAIN
    }

    /// Makes a file of the bytes, in place of one that may be there.
    static func store(_ bytes: [UInt8], _ path: String) throws(SandboxctlError) {
        // Never through a link: whoever made one here, it was not this program.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw .local(path, errno) }
        defer { close(descriptor) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .local(path, errno) }
            offset += count
        }
    }

    /// The first line of a file that holds a token.
    static func token(_ path: String) throws(SandboxctlError) -> [UInt8] {
        let line = Array(try bytes(path, limit: 65_536).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
        guard !line.isEmpty else { throw SandboxctlError("\(path): holds no token.", exitCode: 78) }
        return line
    }
}

extension SandboxctlError {
    /// A system call about a local file failed. errno(3)
    static func local(_ path: String, _ code: Int32) -> SandboxctlError {
        SandboxctlError("\(path): \(String(cString: strerror(code))).", exitCode: code == ENOENT ? 66 : 74)
    }
}
