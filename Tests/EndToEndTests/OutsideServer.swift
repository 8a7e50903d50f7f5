import Glibc
import SandboxTestSupport

/// A server that tools in the sandbox talk to over loopback, run by root as somebody outside of the sandbox.
enum OutsideServer {
    /// Runs `body` with what the server's first line says; afterwards the server is dead.
    ///
    /// - Throws: ``TestFailure`` with what it said if it ends instead.
    static func with<Value>(
        _ arguments: [String],
        _ body: (String) async throws -> Value
    ) async throws -> Value {
        let server = try ChildProcess(arguments)
        defer { server.signal(SIGKILL) }
        guard try await server.output.wait(for: "\n"), let line = server.output.text.split(separator: "\n").first else {
            throw TestFailure("\(arguments[0]) does not start: \(server.errors.text)")
        }
        return try await body(String(line))
    }

    /// Runs `body` with the port of a Python program from `Tests/Python` that gets its secret in a file and prints the port.
    static func with<Value>(
        _ program: String,
        _ arguments: [String],
        secret: String,
        _ body: (Int) async throws -> Value
    ) async throws -> Value {
        let directory = "/run/sandbox-test-\(UInt64.random(in: 0 ... .max))"
        guard mkdir(directory, 0o700) == 0 else { throw TestFailure("cannot make \(directory)") }
        defer { DirectoryListing.remove(directory) }
        try FileBytes.write(secret, to: directory + "/secret", mode: 0o600)
        let command = ["/usr/bin/python3", TestFile.path("Python/\(program)")] + arguments + [directory + "/secret"]
        return try await with(command) { line in
            guard let port = Int(line) else { throw TestFailure("no port: \(line)") }
            return try await body(port)
        }
    }

    /// A TCP port of this host that was free a moment ago, for a server that cannot choose one itself.
    static func freePort() throws -> UInt16 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { pointer in
                guard let base = pointer.baseAddress, bind(number, base, length) == 0 else { return Int32(-1) }
                return getsockname(number, base, &length)
            }
        }
        guard code == 0 else { throw TestFailure("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
