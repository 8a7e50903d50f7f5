import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Files through the agent, on a real pair: the user's rights, the user's view, nobody's to see or kill.
@Suite(.timeLimit(.minutes(20)))
struct FileTests {
    @Test func `files are the user's, and what the user may not do is refused`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            #expect(try await api.post("/api/write", json: #"{"path":"deep/a.txt","content":"é\n"}"#).status == 200)
            #expect(try await api.output("stat -c %u deep/a.txt; cat deep/a.txt") == "\(pair.ids.user)\né")
            for (path, status, code) in [
                ("/etc/shadow", 403, "PERMISSION_DENIED"),
                ("/proc/1/environ", 403, "PERMISSION_DENIED"), ("/no/such", 404, "FILE_NOT_FOUND"),
            ] {
                let answer = try await api.post("/api/read", json: #"{"path":"\#(path)"}"#)
                #expect(answer.status == status, "\(path): \(answer.text)")
                #expect(try answer.failure.code == code, "\(path)")
            }
            #expect(try await api.post("/api/write", json: #"{"path":"/etc/passwd","content":""}"#).status == 403)
            #expect(try await api.post("/api/write", json: #"{"path":"/usr/new","content":""}"#).status == 403)
        }
    }

    @Test func `the agent sees what user code sees: its /tmp, its HOME, and none of the control plane's files`()
        async throws
    {
        try await PairFixture.with { pair in
            let api = pair.api
            _ = try await api.execute("echo t > /tmp/t; echo h > ~/h")
            for path in ["/tmp/t", "/home/user/h"] {
                #expect(try await api.post("/api/read", json: #"{"path":"\#(path)"}"#).status == 200)
            }
            let socket = try await api.post("/api/exists", json: #"{"path":"\#(pair.socketPath)"}"#)
            #expect(socket.text.contains(#""exists":false"#))
        }
    }

    @Test func `user code can neither list nor signal the agent, and a storm of signals does not reach it`()
        async throws
    {
        try await PairFixture.with { pair in
            let api = pair.api
            _ = try await api.post("/api/write", json: #"{"path":"f","content":"x"}"#)
            #expect(try await !api.output("ps -eo args").contains("sandbox-agent files"))
            _ = try await api.attempt(ExecuteRequest(command: "kill -KILL -1", sessionId: API.sessionless))
            #expect(try await api.post("/api/read", json: #"{"path":"f"}"#).status == 200)
        }
    }

    @Test func `a link that is swapped all the time never leads out of the user's view`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let swap = """
                mkdir -p real; echo mine > real/environ; \
                while :; do ln -sfn real d; ln -sfn /proc/1/cwd/proc/1 d; ln -sfn /proc/self/root d; done
                """
            _ = try await api.success(
                "/api/process/start",
                #"{"command":"\#(swap)","processId":"swap"}"#,
                as: ProcessStartResponse.self
            )
            for _ in 0..<200 {
                let answer = try await api.post("/api/read", json: #"{"path":"d/environ"}"#)
                if answer.status == 200 {
                    #expect(answer.text.contains("mine"))
                } else {
                    #expect([403, 404, 400].contains(answer.status), "\(answer.text)")
                }
            }
        }
    }

    @Test func `relative paths begin where the session is`() async throws {
        try await PairFixture.with { pair in
            _ = try await pair.api.execute("mkdir -p sub; cd sub; echo here > f", session: "s")
            let answer = try await pair.api.post("/api/read", json: #"{"path":"f","sessionId":"s"}"#)
            #expect(answer.text.contains("here"))
            #expect(try await pair.api.post("/api/read", json: #"{"path":"f","sessionId":"t"}"#).status == 404)
        }
    }

    @Test func `after a reset of the user namespace files are there again`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            _ = try await api.execute("echo old > /tmp/t")
            #expect(try await api.post("/api/read", json: #"{"path":"/tmp/t"}"#).status == 200)
            _ = try await pair.client.reset(.user)
            #expect(try await api.post("/api/read", json: #"{"path":"/tmp/t"}"#).status == 404, "a new /tmp")
            #expect(try await api.post("/api/write", json: #"{"path":"/tmp/t","content":"new"}"#).status == 200)
        }
    }

    @Test func `large files go up and down byte for byte`() async throws {
        try await PairFixture.with { pair in
            let api = pair.api
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let path = "/api/files/raw?path=\(pair.workspace)/big"
            #expect(try await api.request(.PUT, path, body: bytes).status == 200)
            #expect(try await api.request(.GET, path).body == bytes)
            let part = try await api.request(.GET, path, headers: ["range": "bytes=1000-1999"])
            #expect(part.status == 206 && part.body == Array(bytes[1000..<2000]))
        }
    }
}
