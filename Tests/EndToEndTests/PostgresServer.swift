import Glibc
import SandboxTestSupport

/// A PostgreSQL cluster of a test's own, which wants a password from everybody and listens on loopback alone.
struct PostgresServer {
    let port: UInt16
    /// The only role at start.
    static let role = "app"

    /// Runs `body` with a new cluster whose role ``role`` has the password.
    static func with<Value>(password: String, _ body: (PostgresServer) async throws -> Value) async throws -> Value {
        let directory = "/var/lib/sandbox-tests-postgres-\(UInt64.random(in: 0 ... .max))"
        guard let account = getpwnam("postgres")?.pointee, let programs = programs else {
            throw TestFailure("there is no PostgreSQL: run scripts/dependencies --test, which installs it")
        }
        guard mkdir(directory, 0o700) == 0 else { throw TestFailure("cannot make \(directory)") }
        defer { DirectoryListing.remove(directory) }
        try FileBytes.write(password, to: directory + "/password", mode: 0o600)
        for path in [directory, directory + "/password"] { chown(path, account.pw_uid, account.pw_gid) }
        let demoted = ["setpriv", "--reuid=\(account.pw_uid)", "--regid=\(account.pw_gid)", "--clear-groups"]
        let made = try await ChildProcess.run(
            demoted + [
                programs + "/initdb", "--pgdata=\(directory)/data", "--username=\(role)", "--auth=scram-sha-256",
                "--pwfile=\(directory)/password", "--no-sync", "--no-locale", "--encoding=UTF8",
            ]
        )
        guard made.end == .exited(0) else { throw TestFailure("initdb: \(made.output)\(made.errors)") }
        unlink(directory + "/password")

        let port = try OutsideServer.freePort()
        let server = try ChildProcess(
            demoted + [
                programs + "/postgres", "-D", directory + "/data", "-c", "listen_addresses=127.0.0.1", "-c",
                "port=\(port)", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=1MB",
            ]
        )
        let outcome: Result<Value, any Error>
        do {
            guard try await server.errors.wait(for: "ready to accept connections") else {
                throw TestFailure("postgres: \(server.errors.text)")
            }
            outcome = .success(try await body(PostgresServer(port: port)))
        } catch {
            outcome = .failure(error)
        }
        // At once; its own children end with it.
        server.signal(SIGQUIT)
        _ = try await DetachedThread.run { (try? ProcessWatch(server.pid))?.waitForEnd(milliseconds: 20_000) ?? true }
        return try outcome.get()
    }

    /// Where Debian keeps the server's own programs, by version.
    private static var programs: String? {
        let root = "/usr/lib/postgresql"
        return DirectoryListing.names(root).map { "\(root)/\($0)/bin" }.first { access($0 + "/initdb", X_OK) == 0 }
    }
}
