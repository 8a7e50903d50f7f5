import Glibc
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// G2: nobody in the sandbox gets the ports of the control plane, at any moment, on any address. (8080 and 8888; the
/// tests' pairs take free ones.)
@Suite(.timeLimit(.minutes(20)))
struct PortTests {
    /// Programs that listen for ever if they can, so that it is `timeout` that ends them, with 124.
    private static func listeners(_ port: UInt16) -> [String] {
        [
            "python3 -m http.server \(port)", "python3 -m http.server --bind 127.0.0.1 \(port)",
            "nc.openbsd -l \(port)", "nc.openbsd -l 127.0.0.1 \(port)", "nc.openbsd -6 -l ::1 \(port)",
        ]
    }

    /// The same, of the kind that tries again for some seconds before it gives up.
    private static func patientListeners(_ port: UInt16) -> [String] {
        ["nc.traditional -v -n -l -p \(port)", "nc.traditional -v -n -l -s 127.0.0.1 -p \(port)"]
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `critical ports are pre-reserved`(from namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            for port in [pair.apiPort, pair.jupyterPort] {
                for listener in Self.listeners(port) {
                    let response = try await pair.api.execute("timeout 20 \(listener)", namespace: namespace)
                    #expect(response.exitCode == 1, "\(listener)")
                    #expect(response.stderr.contains("in use"), "\(listener): \(response.stderr)")
                }
                for listener in Self.patientListeners(port) {
                    let response = try await pair.api.execute("timeout 1 \(listener)", namespace: namespace)
                    #expect(response.stderr.contains("in use"), "\(listener): \(response.stderr)")
                    #expect(!response.stderr.contains("listening"), "\(listener): \(response.stderr)")
                }
                let attempts = try await pair.api.output(BindAttempts.command(port: port), namespace: namespace)
                    .split(separator: "\n")
                #expect(attempts.count == BindAttempts.count)
                for attempt in attempts { #expect(attempt.hasSuffix(" EADDRINUSE"), "port \(port): \(attempt)") }
            }
            #expect(try await pair.api.health().status == "healthy")
        }
    }

    @Test func `the same attempts succeed on a port that nobody holds`() async throws {
        try await PairFixture.with { pair in
            let free = try await pair.api.output(
                "python3 -c 'import socket; s = socket.socket(); s.bind((\"\", 0)); print(s.getsockname()[1])'"
            )
            let port = try #require(UInt16(free))
            for listener in Self.listeners(port) + Self.patientListeners(port) {
                let response = try await pair.api.execute("timeout 1 \(listener)")
                #expect(response.exitCode == 124, "\(listener): \(response.stderr)")
                #expect(!response.stderr.contains("in use"), "\(listener)")
            }
            let attempts = try await pair.api.output(BindAttempts.command(port: port)).split(separator: "\n")
            #expect(attempts.count == BindAttempts.count)
            for attempt in attempts { #expect(attempt.hasSuffix(" taken"), "\(attempt)") }
        }
    }

    @Test func `not even the uid that holds the ports can share them`() async throws {
        try await PairFixture.with { pair in
            for port in [pair.apiPort, pair.jupyterPort] {
                let result = try await ChildProcess.run(["sh", "-c", BindAttempts.command(port: port)])
                let attempts = result.output.split(separator: "\n")
                #expect(attempts.count == BindAttempts.count, "\(result.errors)")
                for attempt in attempts { #expect(attempt.hasSuffix(" EADDRINUSE"), "port \(port): \(attempt)") }
            }
        }
    }

    @Test func `ports stay held while the server is killed again and again`() async throws {
        try await PairFixture.with { pair in
            let stop = pair.workspace + "/stop"
            // Over the helper's own door: commands that a server started end with it.
            var attackers: [RunningCommand] = []
            for port in [pair.apiPort, pair.jupyterPort] {
                attackers.append(
                    try await pair.startShell(BindAttempts.loop(port: port, until: stop), until: "started")
                )
            }
            for round in 1...4 {
                kill(try #require(pair.serverPID), SIGKILL)
                // The answer comes from the next server: the connection waits in the queue of the held socket.
                #expect(try await pair.api.health().serverRestarts == round)
            }
            try FileBytes.write("", to: stop)
            for attacker in attackers {
                let result = try await attacker.result()
                #expect(result.lines.count == 2, "\(result.text) \(result.errorText)")
                #expect((Int(result.lines.last ?? "") ?? 0) > 1000, "too few attempts to tell anything")
            }
        }
    }
}
