import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxClient
import SandboxTestSupport
import Testing

/// What a command gives back, to the byte.
@Suite(.timeLimit(.minutes(20)))
struct ExecuteTests {
    @Test func `the answer holds output, errors and exit code`() async throws {
        try await PairFixture.with { pair in
            let answer = try await pair.api.post(
                #"{"command":"echo out; echo err >&2; (exit 3)","sessionId":"s-1","extra":true}"#
            )
            #expect(answer.status == 200)
            #expect(answer.headers.first(name: "content-type") == "application/json")
            let response = try answer.decoded(ExecuteResponse.self)
            #expect(response.success == false && response.exitCode == 3)
            #expect(response.stdout == "out" && response.stderr == "err")
            #expect(response.command == "echo out; echo err >&2; (exit 3)")
            #expect(response.sessionId == "s-1" && response.namespace == .user)
            #expect(response.stdoutTruncated == nil && response.stderrTruncated == nil && response.isolation == nil)
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `exit codes and signals are told as a shell tells them`(in namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            for (command, code) in [
                ("true", 0), ("false", 1), ("exit 42", 42), ("exit 255", 255), ("no-such-program-anywhere", 127),
                ("/etc/passwd", 126), ("kill -TERM $$", 143), ("kill -KILL $$", 137), ("kill -SEGV $$", 139),
                ("sh -c 'kill -ABRT $$'", 134), ("if then", 2), ("exec sleep 0", 0),
            ] {
                let response = try await pair.api.execute(command, namespace: namespace)
                #expect(response.exitCode == code, "\(command)")
                #expect(response.success == (code == 0), "\(command)")
            }
            let unknown = try await pair.api.execute("no-such-program-anywhere", namespace: namespace)
            #expect(unknown.stderr.contains("command not found"))
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `standard input is at its end`(in namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            let output = try await pair.api.output("wc -c; cat; read line || echo end", namespace: namespace)
            #expect(output == "0\nend")
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `output comes back as it was written`(in namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            for (command, output) in [
                ("printf hi", "hi"), (#"printf 'hi\n'"#, "hi"), (#"printf 'a\n\nb\n\n'"#, "a\n\nb\n"), ("true", ""),
                (#"printf '\n'"#, ""), (#"printf 'a\0b'"#, "ab"), (#"printf '\342\202\254 \377'"#, "€ \u{FFFD}"),
                (#"printf '\r\n\t\033[1m"\\'"#, "\r\n\t\u{1B}[1m\"\\"), ("printf '  x  '", "  x  "),
            ] {
                let plain = try await api.execute(command, namespace: namespace)
                #expect(plain.stdout == output && plain.stderr.isEmpty, "\(command)")
                let turned = try await api.execute("{ \(command); } >&2", namespace: namespace)
                #expect(turned.stderr == output && turned.stdout.isEmpty, "\(command)")
            }
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `megabytes on both streams at once arrive complete`(in namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            let response = try await pair.api.execute(
                "seq 1 600000 & seq 600000 -1 1 >&2; wait",
                namespace: namespace
            )
            #expect(response.exitCode == 0)
            #expect(response.stdout == (1...600_000).map(String.init).joined(separator: "\n"))
            #expect(response.stderr == (1...600_000).reversed().map(String.init).joined(separator: "\n"))
        }
    }

    @Test func `the last bytes before an exit are never lost`() async throws {
        try await PairFixture.with { pair in
            for round in 0..<100 {
                let namespace: NamespaceName = round % 2 == 0 ? .user : .secure
                let response = try await pair.api.execute(
                    "head -c 70000 /dev/zero | tr '\\0' x; echo -n .",
                    namespace: namespace
                )
                #expect(response.stdout.utf8.count == 70_001)
            }
        }
    }

    @Test func `output beyond the limit is dropped, and the answer says so`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-output-limit-bytes": "1000"])) { pair in
            let all = try await pair.api.execute("head -c 1000 /dev/zero | tr '\\0' x")
            #expect(all.stdout.utf8.count == 1000 && all.stdoutTruncated == nil)
            let more = try await pair.api.execute("head -c 1001 /dev/zero | tr '\\0' x; echo end >&2; exit 5")
            #expect(more.stdout.utf8.count == 1000 && more.stdoutTruncated == true)
            #expect(more.stderr == "end" && more.stderrTruncated == nil && more.exitCode == 5)
            let flood = try await pair.api.execute("head -c 200000000 /dev/zero >&2", namespace: .secure)
            #expect(flood.stderrTruncated == true && flood.exitCode == 0)
        }
    }

    @Test func `all commands together keep only so much, until their answers have been read`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-output-memory-bytes": "65536"])) { pair in
            for session in ["__DISABLE_SESSION__", "s"] {
                let more = try await pair.api.execute(
                    "head -c 70000 /dev/zero | tr '\\0' x; seq 9 >&2",
                    session: session
                )
                let kept = more.stdout.utf8.count + more.stderr.utf8.count
                #expect((65_000...65_536).contains(kept) && more.stdoutTruncated == true && more.exitCode == 0)
                // What the answer before took is free again.
                let all = try await pair.api.execute("head -c 65536 /dev/zero | tr '\\0' x", session: session)
                #expect(all.stdout.utf8.count == 65_536 && all.stdoutTruncated == nil)
            }
        }
    }

    @Test func `endless output leaves the server's memory flat`() async throws {
        let settings = ["server-output-limit-bytes": "1048576", "server-grace-ms": "100"]
        try await PairFixture.with(PairOptions(settings: settings)) { pair in
            let server = try #require(pair.serverPID)
            // The first flood pays for buffers that stay.
            _ = try await pair.api.execute("head -c 50000000 /dev/zero | tr '\\0' y")
            let before = try #require(HostProcesses.residentKiB(server))
            for namespace in [NamespaceName.user, .secure] {
                let answer = try await pair.api.attempt(
                    ExecuteRequest(command: "yes & yes >&2", timeoutMs: 1500, namespace: namespace)
                )
                #expect(answer.status == 500)
            }
            let after = try #require(HostProcesses.residentKiB(server))
            #expect(after - before < 8 * 1024, "grew from \(before) to \(after) KiB")
            #expect(pair.serverPID == server)
        }
    }

    @Test func `the Swift client runs commands`() async throws {
        try await PairFixture.with { pair in
            let sandbox = try SandboxClient(baseURL: "http://127.0.0.1:\(pair.apiPort)")
            let plain = try await sandbox.exec("echo $0; pwd; (exit 2)", cwd: "/")
            #expect(plain.exitCode == 2 && plain.namespace == "user" && plain.stdout.hasSuffix("\n/"))
            let secret = try await sandbox.exec("printenv TOKEN", env: ["TOKEN": "a b"])
            #expect(secret.stdout == "a b" && secret.namespace == "secure" && secret.isSuccess)
            #expect(try await sandbox.health().status == "healthy")
            await #expect(throws: SandboxClientError.self) {
                try await sandbox.exec("sleep 10", timeout: .milliseconds(20))
            }
        }
    }
}
