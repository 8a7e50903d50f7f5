import Glibc
import HelperProtocol
import SandboxTestSupport

/// An sshd of a test's own on loopback, with an account that one key opens and for which it runs one command.
///
/// ssh and sshd look accounts up by uid. Those of the pair and of the server are in a file of the test's own, which
/// both see as /etc/passwd.
struct SSHServer {
    let port: UInt16
    /// The server's line for known_hosts.
    let knownHost: String
    /// The private key, as text.
    let key: String
    /// The key's public half.
    let publicKey: String
    /// The pair's uids, which have accounts.
    let ids: SandboxIdentities
    /// What starts a helper that sees the accounts.
    let wrapper: [String]

    /// Runs `body` with a new server.
    static func with(_ body: (SSHServer) async throws -> Void) async throws {
        let directory = "/run/sandbox-test-ssh-\(UInt64.random(in: 0 ... .max))"
        guard mkdir(directory, 0o755) == 0, mkdir("/run/sshd", 0o755) == 0 || errno == EEXIST else {
            throw TestFailure("cannot make \(directory)")
        }
        defer { DirectoryListing.remove(directory) }
        for name in ["host", "key"] {
            let made = try await ChildProcess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(directory)/\(name)"]
            )
            guard made.end == .exited(0) else { throw TestFailure("ssh-keygen: \(made.errors)") }
        }
        func text(_ name: String) -> String {
            String(decoding: FileBytes.read("\(directory)/\(name)") ?? [], as: UTF8.self)
        }
        let (key, publicKey, hostKey) = (text("key"), text("key.pub"), text("host.pub"))
        // From here on the test's own memory alone has it.
        unlink(directory + "/key")

        let first = UInt32(20_000_000 + Int(getpid()) % 100_000 * 10)
        let ids = SandboxIdentities(
            control: first,
            user: first + 1,
            secure: first + 2,
            controlGroup: first,
            workspaceGroup: first + 1
        )
        let accounts =
            String(decoding: FileBytes.read("/etc/passwd") ?? [], as: UTF8.self) + """
                test-user:*:\(ids.user):\(ids.workspaceGroup)::/home/user:/bin/bash
                test-secure:*:\(ids.secure):\(ids.workspaceGroup)::/home/secure:/bin/bash
                test-deploy:*:\(first + 3):\(first + 3)::/nonexistent:/bin/sh

                """
        try FileBytes.write(accounts, to: directory + "/passwd")
        let wrapper = [
            "unshare", "--mount", "/bin/sh", "-c", "mount --bind \(directory)/passwd /etc/passwd && exec \"$@\"", "sh",
        ]
        let port = try OutsideServer.freePort()
        try FileBytes.write(publicKey, to: directory + "/authorized")
        try FileBytes.write(configuration(directory, port), to: directory + "/config")
        let server = try ChildProcess(wrapper + ["/usr/sbin/sshd", "-D", "-e", "-f", directory + "/config"])
        defer { server.signal(SIGKILL) }
        guard try await server.errors.wait(for: "Server listening") else {
            throw TestFailure("sshd does not start (scripts/dependencies --test installs it): \(server.errors.text)")
        }
        let known = "[127.0.0.1]:\(port) " + hostKey.split(separator: " ").prefix(2).joined(separator: " ")
        try await body(
            SSHServer(port: port, knownHost: known, key: key, publicKey: publicKey, ids: ids, wrapper: wrapper)
        )
    }

    private static func configuration(_ directory: String, _ port: UInt16) -> String {
        """
        ListenAddress 127.0.0.1
        Port \(port)
        HostKey \(directory)/host
        PidFile none
        AuthorizedKeysFile \(directory)/authorized
        StrictModes no
        UsePAM no
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        AllowUsers test-deploy
        ForceCommand echo "done for the key: $SSH_ORIGINAL_COMMAND"

        """
    }
}
