import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// The whole API on a real pair in mode `users`, with a container engine's default rights.
@Suite(.timeLimit(.minutes(20)))
struct UsersModeTests {
    @Test func `health tells what holds, and why the rest does not`() async throws {
        try await PairFixture.with(.engineDefaults(isolation: "auto")) { pair in
            let health = try await pair.api.health()
            #expect(health.status == "healthy" && health.mode == "users" && health.isolation == "partial")
            let lost = health.guarantees.filter { !$0.held }
            #expect(lost.map(\.id) == ["G1", "G4", "G9"])
            #expect(lost.allSatisfy { $0.reason?.isEmpty == false })
            #expect(health.probeFailure?.remedy.contains("SYS_ADMIN") == true)
            #expect(health.warning?.contains("users") == true)
            #expect(health.namespaces.map(\.name) == ["user", "secure"])
            #expect(health.workspace.sharing == "group")
        }
    }

    @Test func `a command with credentials is refused until the operator accepts it by name`() async throws {
        try await PairFixture.with(.engineDefaults(settings: [:])) { pair in
            for request in [
                ExecuteRequest(command: "true", env: ["TOKEN": SecretBytes(Array("s3cr3t".utf8))]),
                ExecuteRequest(command: "true", namespace: .secure),
            ] {
                let answer = try await pair.api.attempt(request)
                #expect(answer.status == 500)
                let failure = try answer.failure
                #expect(failure.code == "ISOLATION_UNAVAILABLE")
                #expect(failure.suggestion?.contains("--accept-unprotected-credentials users") == true)
                #expect(!answer.text.contains("s3cr3t"))
            }
            let session = #"{"id":"s","env":{"TOKEN":"s3cr3t"}}"#
            #expect(try await pair.api.post("/api/session/create", json: session).status == 500)
            #expect(try await pair.api.output("id -u") == "\(pair.ids.user)")
            #expect(try await pair.api.health().warning == nil)
        }
        try await PairFixture.with(.engineDefaults()) { pair in
            let answer = try await pair.api.execute("printenv TOKEN", env: ["TOKEN": "a"])
            #expect(answer.stdout == "a" && answer.isolation == "users" && answer.namespace == .secure)
        }
    }

    @Test func `sessions work, in user and in a cell`() async throws {
        try await PairFixture.with(.engineDefaults()) { pair in
            let api = pair.api
            _ = try await api.execute("cd /usr; A=plain; sleep 1000 &", session: "s")
            #expect(try await api.output("pwd; echo $A; id -u", session: "s") == "/usr\nplain\n\(pair.ids.user)")
            let created = #"{"id":"secret","env":{"TOKEN":"s3cr3t"}}"#
            #expect(try await api.post("/api/session/create", json: created).status == 200)
            _ = try await api.execute("cd /tmp; B=$TOKEN", session: "secret")
            #expect(try await api.output("pwd; echo $B", session: "secret") == "/tmp\ns3cr3t")
            let late = try await api.attempt(ExecuteRequest(command: "sleep 100", timeoutMs: 300, sessionId: "secret"))
            #expect(late.status == 500)
            #expect(try await api.output("echo $B", session: "secret") == "s3cr3t")
            #expect(try await api.output("env | grep -c s3cr3t || true") == "0")
        }
    }

    @Test func `files have the user's rights, and user code cannot touch the agent`() async throws {
        try await PairFixture.with(.engineDefaults()) { pair in
            let api = pair.api
            #expect(try await api.post("/api/write", json: #"{"path":"deep/a.txt","content":"x"}"#).status == 200)
            #expect(try await api.output("stat -c %u deep/a.txt") == "\(pair.ids.user)")
            #expect(try await api.post("/api/read", json: #"{"path":"/etc/shadow"}"#).status == 403)
            #expect(try await api.post("/api/write", json: #"{"path":"/etc/passwd","content":""}"#).status == 403)
            let agent = try #require(
                ProcessFile.all.first { pid in
                    ProcessFile.text(pid, "cmdline")?.hasPrefix("sandbox-agent\0files") == true
                        && ProcessFile.userID(pid) == pair.hello.cellUIDs?.lowerBound
                        && sequence(first: pid, next: { ProcessFile.parent($0) }).contains(pair.helper.pid)
                }
            )
            let attack =
                "kill -9 \(agent); kill -0 \(agent) && echo alive; head -c 1 /proc/\(agent)/mem; ls /proc/\(agent)/fd"
            let seen = try await api.attempt(
                ExecuteRequest(command: attack + "; kill -KILL -1", sessionId: API.sessionless)
            )
            #expect(!seen.text.contains(#""stdout":"alive"#), "\(seen.text)")
            #expect(ProcessFile.name(agent) != nil)
            #expect(try await api.post("/api/read", json: #"{"path":"deep/a.txt"}"#).status == 200)
        }
    }

    @Test func `nobody in the sandbox can use the API or take a port`() async throws {
        try await PairFixture.with(.engineDefaults()) { pair in
            let call = "curl -s -m 20 -o /dev/null -w '%{http_code}' http://127.0.0.1:\(pair.apiPort)/health"
            for namespace in [NamespaceName.user, .secure] {
                #expect(try await pair.api.output(call, namespace: namespace) == "403", "\(namespace)")
                let attempts = try await pair.api.output(
                    BindAttempts.command(port: pair.apiPort),
                    namespace: namespace
                ).split(separator: "\n")
                #expect(attempts.count == BindAttempts.count && attempts.allSatisfy { $0.hasSuffix(" EADDRINUSE") })
            }
        }
    }

    @Test func `processes, their logs and their ends work`() async throws {
        try await PairFixture.with(.engineDefaults()) { pair in
            let start = #"{"command":"echo begun; exec sleep 7319.5","processId":"p"}"#
            let started = try await pair.api.post("/api/process/start", json: start)
            #expect(started.status == 200)
            // Every process of the machine is listed here, other pairs' too.
            let count = "pgrep -fc '^sleep 7319[.]5$' || true"
            #expect(try await pair.api.output(count) == "1")
            #expect(try await pair.api.request(.DELETE, "/api/process/p").status == 200)
            #expect(try await pair.api.output(count) == "0")
        }
    }

    @Test func `a credential is in nobody's sight but on a command line`() async throws {
        try await PairFixture.with(.engineDefaults()) { pair in
            let meeting = try await Rendezvous(pair, "sight")
            let canary = Canary.make()
            // Not found in the command that looks for it.
            let pattern = canary.dropLast() + "[" + canary.suffix(1) + "]"
            async let command = pair.api.execute(
                "echo $TOKEN > \"$TMPDIR/f\"; " + meeting.meet,
                env: ["TOKEN": canary]
            )
            try await meeting.arrived()
            // The host's IPC objects are seen too; of the sandbox are those whose owner has no name.
            let search = """
                for f in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $f; done 2>/dev/null | grep -c '\(pattern)'
                grep -rls '\(pattern)' /tmp /var/tmp /dev/shm /run 2>/dev/null
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
