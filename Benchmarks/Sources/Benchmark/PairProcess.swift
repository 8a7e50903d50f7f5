import Glibc

/// A pair under measurement.
final class PairProcess {
    let port: UInt16
    /// The helper's pid.
    let pid: pid_t
    private let started: ContinuousClock.Instant
    /// What the pair writes; a few lines, which nobody needs unless something goes wrong.
    private let log: Pipe

    init(_ settings: Settings, _ workspace: Workspace) throws {
        port = try Self.freePort()
        let arguments = [
            "\(settings.programs)/ns-helper", "--isolation=namespaces", "--api-port=\(port)", "--jupyter-port=0",
            "--workspace=\(workspace.path)", "--socket=\(workspace.socket)", "--control-uid=\(Workspace.controlID)",
            "--control-gid=\(Workspace.controlID)", "--user-uid=\(Workspace.userID)",
            "--workspace-gid=\(Workspace.userID)", "--secure-uid=\(Workspace.secureID)",
            "--server-shell=\(settings.shell)", "--server-log-level=warning",
        ]
        log = try Pipe()
        started = ContinuousClock.now
        pid = try PlainSpawn.start(arguments, output: log, errors: log)
        log.closeWriter()
    }

    /// Asks for /health until the answer is 200, as fast as the kernel refuses connections; the time since the start.
    func awaitHealth() throws -> Duration {
        while ContinuousClock.now - started < .seconds(20) {
            // Before the port is held a connection is refused at once; from then on it waits for the server.
            guard let connection = try? HTTPConnection(port: port) else { continue }
            guard let status = try? connection.exchange("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                status == 200
            else { break }
            return ContinuousClock.now - started
        }
        kill(pid, SIGKILL)
        _ = try PlainSpawn.wait(pid)
        throw Failure("the pair did not come up:\n\(log.drain())")
    }

    /// Takes the pair down in order.
    func stop() throws {
        kill(pid, SIGTERM)
        guard try PlainSpawn.wait(pid) == 0 else { throw Failure("the pair did not stop in order") }
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard result == 0 else { throw Failure("no free TCP port: errno \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}
