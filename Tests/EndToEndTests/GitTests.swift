import FoundationEssentials
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// `POST /api/git/checkout`.
@Suite(.timeLimit(.minutes(20)))
struct GitTests {
    private static let password = "t0k3n/\(UInt64.random(in: 0 ... .max))"
    private static let encoded = password.replacing("/", with: "%2F")

    private func with(_ body: (Pair) async throws -> Void) async throws {
        try await PairFixture.with { pair in
            _ = try await pair.api.output(
                """
                mkdir -p served/repo && cd served/repo && git init -q -b main . \
                && git config user.email a@b && git config user.name n \
                && echo one > f && git add f && git commit -qm 1 && echo two > f && git commit -qam 2 \
                && git branch side && git config http.receivepack false
                """
            )
            try await body(pair)
        }
    }

    /// Serves the repository to whoever knows the password; returns the port.
    private func serve(_ pair: Pair) async throws -> Int {
        let source = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let script = try #require(FileBytes.read("/\(source)/Python/git_server.py"))
        let put = try await pair.api.request(.PUT, "/api/files/raw?path=/tmp/git_server.py", body: script)
        #expect(put.status == 200)
        _ = try await pair.api.output("printf %s \(Self.password) > /tmp/pw")
        let _: ProcessStartResponse = try await pair.api.success(
            "/api/process/start",
            #"{"command":"exec python3 /tmp/git_server.py \#(pair.workspace)/served 'us er' /tmp/pw","processId":"git"}"#
        )
        var port: Int?
        while port == nil {
            let logs = try await pair.api.request(.GET, "/api/process/git/logs").decoded(ProcessLogsAnswer.self)
            #expect(logs.stderr.isEmpty, "\(logs.stderr)")
            port = logs.stdout.hasSuffix("\n") ? Int(logs.stdout.dropLast()) : nil
        }
        return try #require(port)
    }

    @Test func `a clone goes to the directory of its name, with branch and depth as asked`() async throws {
        try await with { pair in
            let url = "file://\(pair.workspace)/served/repo"
            let plain: GitCheckoutAnswer = try await pair.api.success("/api/git/checkout", #"{"repoUrl":"\#(url)"}"#)
            #expect(plain.branch == "main" && plain.targetDir == pair.workspace + "/repo" && plain.repoUrl == url)
            #expect(try await pair.api.output("cat repo/f; stat -c %u repo/f") == "two\n\(pair.ids.user)")
            let shallow: GitCheckoutAnswer = try await pair.api.success(
                "/api/git/checkout",
                #"{"repoUrl":"\#(url)","branch":"side","depth":1,"targetDir":"/tmp/it's","sessionId":"s"}"#
            )
            #expect(shallow.branch == "side")
            #expect(try await pair.api.output("git -C \"/tmp/it's\" rev-list --count HEAD") == "1")
        }
    }

    @Test func `a token is used, and is nowhere afterwards`() async throws {
        try await with { pair in
            let port = try await serve(pair)
            let url = "http://us%20er:\(Self.encoded)@127.0.0.1:\(port)/repo"
            for target in [pair.workspace + "/private", "/tmp/private"] {
                let answer = try await pair.api.post(
                    "/api/git/checkout",
                    json: #"{"repoUrl":"\#(url)","targetDir":"\#(target)"}"#
                )
                #expect(answer.status == 200, "\(answer.text)")
                #expect(!answer.text.contains("t0k3n"))
                #expect(try await pair.api.output("cat \(target)/f; stat -c %u \(target)/f") == "two\n\(pair.ids.user)")
                let leaks = try await pair.api.execute("grep -rl t0k3n \(target) /tmp ~ /proc/*/environ 2>/dev/null")
                #expect(leaks.stdout == "", "\(leaks.stdout)")
                let clean = "http://127.0.0.1:\(port)/repo"
                #expect(try await pair.api.output("git -C \(target) remote get-url origin") == clean)
            }
        }
    }

    @Test func `a filter that user code puts into a clone never sees the token`() async throws {
        try await with { pair in
            let port = try await serve(pair)
            let url = "http://us%20er:\(Self.encoded)@127.0.0.1:\(port)/repo"
            // Into every clone that it finds: a program that git runs when it checks out a file.
            let thief = """
                cd \(pair.workspace); echo ready; while :; do for g in .checkout-*/.git private*/.git; do
                if test -d $g; then printf '[filter "x"]\\n\\tsmudge = env >> \(pair.workspace)/stolen; cat\\n' >> $g/config
                mkdir -p $g/info; echo '* filter=x' > $g/info/attributes; fi; done; done 2>/dev/null
                """
            let put = try await pair.api.request(.PUT, "/api/files/raw?path=/tmp/thief.sh", body: Array(thief.utf8))
            #expect(put.status == 200)
            let _: ProcessStartResponse = try await pair.api.success(
                "/api/process/start",
                #"{"command":"exec bash /tmp/thief.sh","processId":"thief","sessionId":"__DISABLE_SESSION__"}"#
            )
            for number in 0..<5 {
                // May fail: the thief writes into what is being copied.
                _ = try await pair.api.post(
                    "/api/git/checkout",
                    json: #"{"repoUrl":"\#(url)","targetDir":"\#(pair.workspace)/private\#(number)"}"#
                )
            }
            // The filter may run, as the user, when the token is gone.
            let stolen = try await pair.api.output("cat \(pair.workspace)/stolen 2>/dev/null || :", session: "s")
            #expect(!stolen.contains("t0k3n"), "\(stolen)")
        }
    }

    @Test func `failures have their codes, and no token is in them`() async throws {
        try await with { pair in
            let port = try await serve(pair)
            let base = "http://us%20er:\(Self.encoded)@127.0.0.1:\(port)"
            let wrong = "http://us%20er:wr0ng@127.0.0.1:\(port)/repo"
            for (body, status, code) in [
                (#""repoUrl":"\#(wrong)""#, 401, "GIT_AUTH_FAILED"),
                (#""repoUrl":"http://127.0.0.1:\#(port)/repo""#, 401, "GIT_AUTH_FAILED"),
                (#""repoUrl":"\#(base)/none""#, 404, "GIT_REPOSITORY_NOT_FOUND"),
                (#""repoUrl":"\#(base)/repo","branch":"none""#, 404, "GIT_BRANCH_NOT_FOUND"),
                (#""repoUrl":"http://127.0.0.1:9/x""#, 502, "GIT_NETWORK_ERROR"),
                (#""repoUrl":"""#, 400, "INVALID_GIT_URL"), (#""repoUrl":"ext::sh -c id""#, 400, "INVALID_GIT_URL"),
                (#""repoUrl":"--upload-pack=id""#, 400, "INVALID_GIT_URL"),
                (#""repoUrl":" https://u:wr0ng@h/x""#, 400, "INVALID_GIT_URL"),
                (#""repoUrl":"ssh://u:wr0ng@h/x""#, 400, "INVALID_GIT_URL"),
                (#""repoUrl":"https://u:wr0ng/t0k3n@h/x""#, 400, "INVALID_GIT_URL"),
                (#""repoUrl":"ext::\u0301sh -c id""#, 400, "INVALID_GIT_URL"),
                (#""repoUrl":"\#(base)/repo","timeoutMs":0"#, 400, "VALIDATION_FAILED"),
                (#""repoUrl":"\#(base)/repo","targetDir":"/proc/self/x""#, 400, "VALIDATION_FAILED"),
                (#""repoUrl":"\#(base)/repo","branch":"--upload-pack=id""#, 400, "VALIDATION_FAILED"),
            ] {
                let answer = try await pair.api.post("/api/git/checkout", json: "{\(body)}")
                #expect(answer.status == status, "\(answer.text)")
                #expect(try answer.failure.code == code, "\(answer.text)")
                #expect(!answer.text.contains("t0k3n") && !answer.text.contains("wr0ng"))
            }
        }
    }
}
