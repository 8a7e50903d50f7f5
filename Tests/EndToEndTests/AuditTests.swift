import FoundationEssentials
import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// The audit log of a real pair: one line for each action, out of user code's reach, with no value in it.
@Suite(.timeLimit(.minutes(20)))
struct AuditTests {
    /// A directory that user code sees, which the pair's own is not.
    private func with(
        interpreter: Bool = false,
        _ body: (Pair, _ log: String) async throws -> Void
    ) async throws {
        let directory = "/var/log/sandbox-test-\(UInt64.random(in: 0 ... .max))"
        try #require(mkdir(directory, 0o755) == 0 && chmod(directory, 0o755) == 0)
        let log = directory + "/audit.jsonl"
        defer {
            for path in [log, log + ".1"] { unlink(path) }
            rmdir(directory)
        }
        let settings = ["audit-log": log]
        try await PairFixture.with(interpreter ? .interpreter(settings) : PairOptions(settings: settings)) {
            try await body($0, log)
        }
    }

    private func lines(_ path: String) -> [String] {
        String(decoding: FileBytes.read(path) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The last line's action, once it is `action`: what is passed on as it comes may be with its reader a moment before the
    /// line is in the file.
    private func lastAction(_ log: String, _ pair: Pair, expecting action: String) async throws -> JSONValue? {
        for _ in 0..<200 {
            if try object(lines(log).last)["action"] == .string(action) { break }
            _ = try await pair.api.health()
        }
        return try object(lines(log).last)["action"]
    }

    private func object(_ line: String?) throws -> [String: JSONValue] {
        try JSONDecoder().decode([String: JSONValue].self, from: Data(#require(line).utf8))
    }

    /// A request and what its line must say.
    private struct Step {
        var method: HTTPMethod = .POST
        var path: String
        var body: String?
        var headers: HTTPHeaders = [:]
        var action: String
        /// Lines of the server's own before it.
        var others: [String] = []
        var expected: [String: JSONValue] = [:]
    }

    private static let canary = Canary.make()

    private static let steps = [
        Step(
            path: "/api/execute",
            body: #"{"command":"echo \#(canary); exit 3","env":{"TOKEN":"\#(canary)","LANG":"C"},"sessionId":"s"}"#,
            action: "exec",
            expected: [
                "namespace": "secure", "exit": .integer(3), "status": .integer(200), "outcome": "ok", "session": "s",
                "env": ["LANG", "TOKEN"], "peer": "local", "uid": .integer(0), "token": "off",
            ]
        ),
        Step(path: "/api/execute", body: #"{"command":"true"}"#, action: "exec", expected: ["namespace": "user"]),
        Step(
            path: "/api/execute",
            body: #"{"command":"sleep 100","timeoutMs":200,"sessionId":"__DISABLE_SESSION__"}"#,
            action: "exec",
            expected: ["outcome": "timeout"]
        ),
        Step(
            path: "/api/execute",
            body: #"{"command":"true","env":{"\#(canary)\n{}":"x"}}"#,
            action: "exec",
            expected: ["outcome": "failed", "error": "VALIDATION_FAILED", "status": .integer(400), "env": []]
        ),
        Step(
            path: "/api/execute/stream",
            body: #"{"command":"exit 4","env":{"TOKEN":"\#(canary)"}}"#,
            action: "exec.stream",
            others: ["process.end"],
            expected: ["namespace": "secure", "exit": .integer(4), "env": ["TOKEN"]]
        ),
        Step(
            path: "/api/session/create",
            body: #"{"id":"a\nb","env":{"TOKEN":"\#(canary)"}}"#,
            action: "session.create",
            expected: ["session": "a\nb", "namespace": "secure", "env": ["TOKEN"]]
        ),
        Step(
            path: "/api/execute",
            body: #"{"command":"true","sessionId":"a\nb"}"#,
            action: "exec",
            expected: ["session": "a\nb", "namespace": "secure", "env": []]
        ),
        Step(path: "/api/session/delete", body: #"{"sessionId":"a\nb"}"#, action: "session.delete"),
        Step(
            path: "/api/process/start",
            body: #"{"command":"sleep 1000","processId":"p1","env":{"TOKEN":"\#(canary)"}}"#,
            action: "process.start",
            expected: ["process": "p1", "namespace": "secure", "env": ["TOKEN"]]
        ),
        Step(method: .GET, path: "/api/process/p1/logs", action: "process.logs", expected: ["process": "p1"]),
        Step(
            method: .DELETE,
            path: "/api/process/p1",
            action: "process.kill",
            others: ["process.end"],
            expected: ["process": "p1"]
        ),
        Step(
            method: .GET,
            path: "/api/process/\(canary)",
            action: "process.status",
            expected: ["process": .null, "outcome": "failed", "error": "PROCESS_NOT_FOUND"]
        ),
        Step(path: "/api/write", body: #"{"path":"f-\#(canary)","content":"\#(canary)"}"#, action: "file.write"),
        Step(
            method: .GET,
            path: "/api/files/raw?path=f-\(canary)",
            headers: ["Range": "bytes=9999-"],
            action: "file.download",
            expected: ["outcome": "failed", "status": .integer(416), "error": "RANGE_NOT_SATISFIABLE"]
        ),
        Step(
            path: "/api/execute/code",
            body: #"{"code":1}"#,
            action: "code.execute",
            expected: ["outcome": "failed", "status": .integer(400), "error": "VALIDATION_FAILED"]
        ),
        Step(
            method: .GET,
            path: "/proxy/3001/\(canary)",
            action: "port.proxy",
            expected: ["port": .integer(3001), "status": .integer(404), "error": "PORT_NOT_EXPOSED"]
        ),
        Step(path: "/api/read", body: #"{"path":"f-\#(canary)"}"#, action: "file.read"),
        Step(path: "/api/read/stream", body: #"{"path":"f-\#(canary)"}"#, action: "file.read-stream"),
        Step(
            method: .GET,
            path: "/api/files/raw?path=/\(canary)",
            action: "file.download",
            expected: ["outcome": "failed", "error": "FILE_NOT_FOUND"]
        ),
        Step(
            path: "/api/expose-port",
            body: #"{"port":3000}"#,
            action: "port.expose",
            expected: ["port": .integer(3000)]
        ),
        Step(
            method: .GET,
            path: "/proxy/3000/\(canary)",
            action: "port.proxy",
            expected: ["port": .integer(3000), "status": .integer(502), "error": "SERVICE_NOT_RESPONDING"]
        ),
        Step(
            path: "/api/git/checkout",
            body: #"{"repoUrl":"http://u:\#(canary)@127.0.0.1:1/x.git"}"#,
            action: "git.checkout",
            expected: ["namespace": "secure", "outcome": "failed", "exit": .integer(128), "error": "GIT_NETWORK_ERROR"]
        ),
        Step(path: "/api/backup/restore", body: #"{"dir":"/x","archivePath":"/y"}"#, action: "backup.restore"),
    ]

    @Test func `each action is one line with what is known about it, and no value`() async throws {
        try await with { pair, log in
            #expect(try object(lines(log).first)["action"] == "audit.started")
            for step in Self.steps {
                let before = lines(log).count
                let answer = try await pair.api.request(
                    step.method,
                    step.path,
                    body: step.body.map { Array($0.utf8) },
                    headers: step.headers
                )
                let written = lines(log).dropFirst(before)
                let actions = try written.map { try object($0)["action"] }
                #expect(actions == (step.others + [step.action]).map { .string($0) }, "\(step.path): \(written)")
                let line = try object(written.last)
                #expect(line["action"] == .string(step.action))
                #expect(line["request"] == answer.headers.first(name: "x-request-id").map { .string($0) })
                for (name, value) in step.expected { #expect(line[name] == value, "\(name) of \(written)") }
            }
            let text = String(decoding: try #require(FileBytes.read(log)), as: UTF8.self)
            #expect(!text.contains(Self.canary))
            #expect(try await pair.api.health().status == "healthy")
            #expect(lines(log).count == Self.steps.reduce(1) { $0 + $1.others.count + 1 })
        }
    }

    @Test func `the end of a background process is noted too, with what was known at its start`() async throws {
        try await with { pair, log in
            let api = pair.api
            for (id, fields, outcome, exit) in [
                ("own", #""command":"exit 3""#, "ok", 3),
                ("cell", #""command":"exit 4","env":{"TOKEN":"\#(Self.canary)"}"#, "ok", 4),
                ("slow", #""command":"sleep 1000","timeoutMs":100"#, "timeout", 143),
            ] {
                let answer = try await api.post("/api/process/start", json: #"{"processId":"\#(id)",\#(fields)}"#)
                #expect(answer.status == 200, "\(answer.text)")
                // The stream of its output ends with it.
                _ = try await api.request(.GET, "/api/process/\(id)/stream")
                let ends = try lines(log).map { try object($0) }.filter { $0["action"] == "process.end" }
                let end = try #require(ends.last)
                #expect(end["process"] == .string(id) && end["peer"] == "server" && end["status"] == .null)
                #expect(end["outcome"] == .string(outcome) && end["exit"] == .integer(exit), "\(end)")
                #expect(end["namespace"] == (id == "cell" ? "secure" : "user"))
                #expect(end["env"] == (id == "cell" ? ["TOKEN"] : []))
            }
            #expect(!lines(log).joined().contains(Self.canary))
        }
    }

    @Test func `code, contexts and requests to Jupyter's port are noted, without a value`() async throws {
        try await with(interpreter: true) { pair, log in
            try await pair.api.untilInterpreterIsReady()
            let context = try await pair.api.context(variables: ["TOKEN": Self.canary])
            let created = try object(lines(log).last)
            #expect(created["action"] == "code.context-create" && created["namespace"] == "secure")
            #expect(created["env"] == ["TOKEN"] && created["outcome"] == "ok")
            let answer = try await pair.api.attemptCode("import os; os.environ['TOKEN']", in: context)
            #expect(String(decoding: answer.body, as: UTF8.self).contains(Self.canary))
            #expect(try await lastAction(log, pair, expecting: "code.execute") == "code.execute")
            #expect(try await API(port: pair.jupyterPort).request(.GET, "/api/kernels").status == 200)
            #expect(try await lastAction(log, pair, expecting: "jupyter.request") == "jupyter.request")
            #expect(try await pair.api.request(.DELETE, "/api/contexts/\(context)").status == 200)
            #expect(try await lastAction(log, pair, expecting: "code.context-delete") == "code.context-delete")
            #expect(!String(decoding: try #require(FileBytes.read(log)), as: UTF8.self).contains(Self.canary))
        }
    }

    @Test func `user code can neither read nor cut it, and what it is refused is noted`() async throws {
        try await with { pair, log in
            for variables in [[:], ["TOKEN": "x"]] {
                let attempts = """
                    ls -d \(log); cat \(log); : > \(log); echo forged >> \(log); rm -f \(log); mv \(log) /tmp/x; chmod 666 \(log)
                    for fd in /proc/*/fd/*; do readlink $fd | grep -q audit && cat $fd; done; exit 0
                    """
                let answer = try await pair.api.execute(attempts, env: variables)
                #expect(answer.stdout == log, "it is there, and that is all: \(answer.stdout)")
                #expect(answer.stderr.components("Permission denied") >= 3, "\(answer.stderr)")
            }
            let calls =
                "curl -s -o /dev/null -o /dev/null -w '%{http_code} ' 127.0.0.1:\(pair.apiPort)/api/session/list 127.0.0.1:\(pair.apiPort)/x"
            #expect(try await pair.api.output(calls).split(separator: " ") == ["403", "403"])
            let all = lines(log)
            #expect(all.count == 6, "\(all)")
            let refused = try all.suffix(3).dropLast().map(object)
            #expect(refused.map { $0["action"] } == ["session.list", "other"])
            for line in refused {
                #expect(
                    line["outcome"] == "refused" && line["peer"] == "inside" && line["error"] == "PERMISSION_DENIED"
                )
                #expect(line["uid"] == .integer(Int(pair.ids.user)))
            }
            var status = stat()
            #expect(stat(log, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_uid == 0)
        }
    }

    @Test func `after a renaming and SIGHUP lines go to a new file, and a new server appends to it`() async throws {
        try await with { pair, log in
            _ = try await pair.api.output("true")
            #expect(rename(log, log + ".1") == 0)
            _ = try await pair.api.output("true")
            #expect(lines(log + ".1").count == 3)
            pair.helper.signal(SIGHUP)
            #expect(try await pair.helper.errors.wait(for: "audit-log: opened anew"))
            _ = try await pair.api.output("true")
            #expect(lines(log + ".1").count == 3 && lines(log).count == 1)
            let server = try #require(pair.serverPID)
            kill(server, SIGKILL)
            // Waits in the held socket's queue for the next server.
            _ = try await pair.api.output("true")
            #expect(try lines(log).map { try object($0)["action"] } == ["exec", "audit.started", "exec"])
        }
    }

    @Test func `a place that user code can reach is refused at the start`() async throws {
        for (path, words) in [
            ("/workspace/audit", "workspace"), ("/tmp/no-such-directory/x", "missing"),
            ("/dev/null", "no regular file"),
        ] {
            let end = try await PairFixture.runToEnd(
                PairOptions(server: .standIn, settings: ["audit-log": path, "workspace": "/workspace"])
            )
            #expect(end.end == .exited(78) && end.log.contains("audit-log") && end.log.contains(words), "\(end.log)")
        }
    }
}

extension String {
    fileprivate func components(_ word: String) -> Int { ranges(of: word).count }
}
