import Glibc
import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// The whole API on a real pair in mode `landlock`, with the rights of a restricted pod.
@Suite(.timeLimit(.minutes(20)))
struct LandlockModeTests {
    @Test func `health tells what holds, and why the rest does not`() async throws {
        try await PairFixture.with(try .restrictedPod(isolation: "auto")) { pair in
            let health = try await pair.api.health()
            #expect(health.status == "healthy" && health.mode == "landlock" && health.isolation == "partial")
            let lost = health.guarantees.filter { !$0.held }
            #expect(lost.map(\.id) == ["G1", "G4", "G5", "G9"])
            #expect(lost.allSatisfy { $0.reason?.isEmpty == false })
            #expect(health.probeFailure?.remedy.contains("root") == true)
            #expect(health.warning?.contains("mode landlock") == true)
            #expect(health.warning?.contains("SANDBOX_SERVER_ACCESS_TOKEN_FILE") == true)
            #expect(health.namespaces.map(\.name) == ["user", "secure"])
        }
    }

    @Test func `a command with credentials is refused until the operator accepts it by name`() async throws {
        try await PairFixture.with(try .restrictedPod(settings: [:])) { pair in
            let request = ExecuteRequest(command: "true", env: ["TOKEN": SecretBytes(Array("s3cr3t".utf8))])
            let answer = try await pair.api.attempt(request)
            #expect(answer.status == 500)
            let failure = try answer.failure
            #expect(failure.code == "ISOLATION_UNAVAILABLE")
            #expect(failure.suggestion?.contains("--accept-unprotected-credentials landlock") == true)
            #expect(!answer.text.contains("s3cr3t"))
            #expect(try await pair.api.output("id -u") == "\(pair.ids.user)")
        }
        try await PairFixture.with(try .restrictedPod()) { pair in
            let answer = try await pair.api.execute("printenv TOKEN", env: ["TOKEN": "a"])
            #expect(answer.stdout == "a" && answer.isolation == "landlock" && answer.namespace == .secure)
        }
    }

    @Test func `sessions work, in user and in a cell`() async throws {
        try await PairFixture.with(try .restrictedPod()) { pair in
            let api = pair.api
            _ = try await api.execute("cd /usr; A=plain; sleep 1000 &", session: "s")
            #expect(try await api.output("pwd; echo $A", session: "s") == "/usr\nplain")
            let created = #"{"id":"secret","env":{"TOKEN":"s3cr3t"}}"#
            #expect(try await api.post("/api/session/create", json: created).status == 200)
            _ = try await api.execute("cd /tmp; B=$TOKEN", session: "secret")
            #expect(try await api.output("pwd; echo $B", session: "secret") == "/tmp\ns3cr3t")
            let late = try await api.attempt(ExecuteRequest(command: "sleep 100", timeoutMs: 300, sessionId: "secret"))
            #expect(late.status == 500)
            #expect(try await api.output("echo $B", session: "secret") == "s3cr3t")
        }
    }

    @Test func `files are the user's, and user code cannot touch the agent`() async throws {
        try await PairFixture.with(try .restrictedPod()) { pair in
            let api = pair.api
            #expect(try await api.post("/api/write", json: #"{"path":"deep/a.txt","content":"x"}"#).status == 200)
            #expect(try await api.output("cat deep/a.txt; stat -c %u deep/a.txt") == "x\(pair.ids.user)")
            let hidden = pair.directory + "/ns-helper.conf"
            #expect(try await api.post("/api/read", json: #"{"path":"\#(hidden)"}"#).status == 403)
            #expect(try await api.post("/api/write", json: #"{"path":"\#(hidden)","content":""}"#).status == 403)
            let agent = try #require(
                ProcessFile.all.first { pid in
                    ProcessFile.text(pid, "cmdline")?.hasPrefix("sandbox-agent\0files") == true
                        && ProcessFile.userID(pid) == pair.ids.user
                }
            )
            let attack = """
                kill -9 \(agent); kill -0 \(agent) && echo alive; head -c 1 /proc/\(agent)/mem
                ls -l /proc/\(agent)/fd | grep -e '->'; true
                """
            #expect(try await api.output(attack) == "")
            #expect(try await api.post("/api/read", json: #"{"path":"deep/a.txt"}"#).status == 200)
        }
    }

    @Test func `nobody in the sandbox can use the API but with the token, which it cannot have`() async throws {
        var options = try PairOptions.restrictedPod()
        let token = "0123456789abcdef"
        let owner = try #require(options.owner)
        let path = "/var/lib/sandbox-tests/token-\(owner)"
        mkdir("/var/lib/sandbox-tests", 0o755)
        try FileBytes.write(token, to: path, mode: 0o600)
        chown(path, owner, owner)
        defer { unlink(path) }
        func call(_ pair: Pair, _ header: String) -> String {
            "curl -s -m 20 -o /dev/null -w '%{http_code}' \(header) http://127.0.0.1:\(pair.apiPort)/health"
        }
        try await PairFixture.with(options) { pair in
            for namespace in [SandboxNamespace.user, .secure] {
                #expect(try await pair.shell(call(pair, ""), in: namespace).text == "403")
                #expect(try await pair.shell(call(pair, "-H 'X-Sandbox-Token: \(token)'"), in: namespace).text == "403")
                let attempts = try await pair.shell(BindAttempts.command(port: pair.apiPort), in: namespace).text
                    .split(separator: "\n")
                #expect(attempts.count == BindAttempts.count && attempts.allSatisfy { $0.hasSuffix(" EADDRINUSE") })
            }
        }
        options.settings["server-access-token-file"] = path
        try await PairFixture.with(options) { pair async throws in
            for namespace in [SandboxNamespace.user, .secure] {
                #expect(try await pair.shell("cat \(path)", in: namespace).text == "")
                #expect(try await pair.shell(call(pair, ""), in: namespace).text == "403")
                #expect(
                    try await pair.shell(call(pair, "-H 'X-Sandbox-Token: 0123456789abcdeF'"), in: namespace).text
                        == "403"
                )
                #expect(try await pair.shell(call(pair, "-H 'X-Sandbox-Token: \(token)'"), in: namespace).text == "200")
            }
        }
    }

    @Test func `a credential is in nobody's sight but on a command line`() async throws {
        try await PairFixture.with(try .restrictedPod()) { pair in
            let meeting = try await Rendezvous(pair, "sight")
            let canary = Canary.make()
            // Not found in the command that looks for it.
            let pattern = canary.dropLast() + "[" + canary.suffix(1) + "]"
            async let command = pair.api.execute(
                "echo $TOKEN > \"$TMPDIR/f\"; echo $TOKEN > \"$HOME/f\"; " + meeting.meet,
                env: ["TOKEN": canary]
            )
            try await meeting.arrived()
            // The host's IPC objects are seen too; of the sandbox are those whose owner has no name.
            let search = """
                for f in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $f; done 2>/dev/null | grep -c '\(pattern)'
                grep -rls '\(pattern)' /dev/shm /run 2>/dev/null
                ipcs | grep -cE '^0x[0-9a-f]+ +[0-9]+ +[0-9]+ '
                true
                """
            for namespace in [NamespaceName.user, .secure] {
                #expect(try await pair.api.output(search, namespace: namespace) == "0\n0", "\(namespace)")
            }
            try await meeting.release()
            #expect(try await command.success)
        }
    }
}
