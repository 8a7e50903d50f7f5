import SandboxClient
import SandboxTestSupport
import Testing

/// The four promises as whoever uses the Swift client meets them. Their edges are the business of the suites about each.
@Suite(.timeLimit(.minutes(20)))
struct PlanTests {
    private func withSandbox(_ body: @Sendable (SandboxClient, Pair) async throws -> Void) async throws {
        try await PairFixture.with { pair in
            try await body(try SandboxClient(baseURL: "http://127.0.0.1:\(pair.apiPort)"), pair)
        }
    }

    @Test func `control plane is invisible and unkillable`() async throws {
        try await withSandbox { sandbox, _ in
            let processes = try await sandbox.exec("ps aux").stdout
            #expect(!processes.contains("sandbox-server"))
            #expect(!processes.contains("ns-helper"))

            _ = try? await sandbox.exec("pkill -9 -f sandbox-server; pkill -9 ns-helper; kill -9 1; kill -9 -1")

            let health = try await sandbox.health()
            #expect(health.status == "healthy")
            #expect(health.serverRestarts == 0)
            #expect(try await sandbox.withoutSession.exec("echo still here").stdout == "still here")
        }
    }

    @Test func `critical ports are taken before user code comes, and stay taken`() async throws {
        try await withSandbox { sandbox, pair in
            for port in [pair.apiPort, pair.jupyterPort] {
                let bind = """
                    import socket
                    for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                        s = socket.socket()
                        if option: s.setsockopt(socket.SOL_SOCKET, option, 1)
                        s.bind(("0.0.0.0", \(port)))
                    """
                let attempt = try await sandbox.withoutSession.exec("python3 -", stdin: .text(bind))
                #expect(!attempt.isSuccess)
                #expect(attempt.stderr.contains("Address already in use"))
            }
        }
    }

    @Test func `credentials are isolated, and nothing of them is left`() async throws {
        try await withSandbox { sandbox, _ in
            let token = Canary.make()
            let user = sandbox.withoutSession
            let everything =
                "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; env; ls -R /tmp $HOME"

            var finds = false
            for try await event in try await user.stream(
                "mkfifo go && echo ready; read -r _ <go; printenv TOKEN",
                env: ["TOKEN": token]
            ) {
                switch event {
                case .stdout("ready\n"):
                    // The command is in the middle of its work, and has the credential.
                    #expect(try await !user.exec(everything).stdout.contains(token))
                    #expect(try await !user.exec(everything, env: ["OTHER": "x"]).stdout.contains(token))
                    _ = try await user.exec("echo >go")
                case .stdout(let text): finds = finds || text.contains(token)
                default: continue
                }
            }
            #expect(finds, "the command itself must have it")

            let left = try await user.exec("sleep 1000 & echo $TOKEN >/tmp/copy", env: ["TOKEN": token])
            #expect(left.isSuccess && left.namespace == "secure")
            let after = try await user.exec(everything + "; cat /tmp/copy; pgrep -x sleep")
            #expect(!after.stdout.contains(token) && !after.isSuccess)
        }
    }

    @Test func `user space is whole, and can be debugged`() async throws {
        try await withSandbox { sandbox, _ in
            let program = try await sandbox.start("exec sleep 1000", id: "program")
            let pid = try #require(try await program.info().pid)

            #expect(try await sandbox.exec("ps -o args= -p \(pid)").stdout == "sleep 1000")
            #expect(try await sandbox.exec("gdb -p \(pid) -batch -ex 'info proc' 2>&1").stdout.contains("sleep"))
            let trace = try await sandbox.exec("timeout 2 strace -p \(pid) 2>&1; true").stdout
            #expect(trace.contains("Process \(pid) attached"))

            #expect(try await sandbox.exec("kill \(pid)").isSuccess)
            #expect(try await program.waitForExit() == 143)
        }
    }
}
