import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// Where a command runs, and with which rights.
@Suite(.timeLimit(.minutes(20)))
struct RoutingTests {
    @Test func `variables decide where a command runs`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-neutral-variables": "MY_*, BUILD_ID"])) { pair in
            let cases: [([String: String], NamespaceName)] = [
                ([:], .user), (["TERM": "xterm"], .user), (["LC_ALL": "C", "TZ": "UTC", "COLUMNS": "80"], .user),
                (["NO_COLOR": "1", "GIT_TERMINAL_PROMPT": "0"], .user), (["MY_THING": "1", "BUILD_ID": "7"], .user),
                (["API_KEY": "k"], .secure), (["TERM": "xterm", "API_KEY": "k"], .secure), (["PATH": "/bin"], .secure),
                (["LD_PRELOAD": "x"], .secure), (["TERMINAL": "x"], .secure), (["BUILD_ID2": "x"], .secure),
            ]
            for (env, namespace) in cases {
                let response = try await pair.api.execute("id -u", env: env)
                #expect(response.namespace == namespace, "\(env.keys)")
                let uid = namespace == .user ? pair.ids.user : pair.ids.secure
                #expect(response.stdout == "\(uid)", "\(env.keys)")
            }
        }
    }

    @Test func `a null value is no variable`() async throws {
        try await PairFixture.with { pair in
            let answer = try await pair.api.post(#"{"command":"printenv API_KEY","env":{"API_KEY":null}}"#)
            let response = try answer.decoded(ExecuteResponse.self)
            #expect(response.namespace == .user && response.exitCode == 1)
        }
    }

    @Test func `a request may ask for secure, and for user only without credentials`() async throws {
        try await PairFixture.with { pair in
            #expect(try await pair.api.execute("true", namespace: .secure).namespace == .secure)
            #expect(try await pair.api.execute("true", env: ["TERM": "dumb"], namespace: .user).namespace == .user)
            let answer = try await pair.api.post(#"{"command":"true","env":{"API_KEY":"k"},"namespace":"user"}"#)
            #expect(answer.status == 400)
            let failure = try answer.failure
            #expect(failure.code == "VALIDATION_FAILED" && failure.message.contains("API_KEY"))
        }
    }

    @Test(arguments: [NamespaceName.user, .secure])
    func `commands have no rights and a working directory`(in namespace: NamespaceName) async throws {
        try await PairFixture.with { pair in
            let status = try await pair.api.output("cat /proc/self/status; pwd", namespace: namespace)
            for line in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
                #expect(status.contains("\(line)\t0000000000000000"))
            }
            #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"))
            #expect(status.hasSuffix("\n\(pair.workspace)"))
            #expect(try await pair.api.execute("pwd", cwd: "/usr/lib", namespace: namespace).stdout == "/usr/lib")
        }
    }

    @Test func `files in the workspace have one owner whoever wrote them`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            _ = try await api.output("mkdir -m 755 d; echo user > d/u", namespace: .user)
            _ = try await api.output("cat d/u && echo secure > d/s && echo more >> d/u", namespace: .secure)
            #expect(
                try await api.output("cat d/s d/u; stat -c %u d/s d/u; rm d/s") == """
                    secure
                    user
                    more
                    \(pair.ids.user)
                    \(pair.ids.user)
                    """
            )
        }
    }
}
