import HelperClient
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Requests that cannot be carried out: each gets one clear error in the API's shape, and nothing is started.
@Suite(.timeLimit(.minutes(20)))
struct BadInputTests {
    /// A body for `/api/execute` and the error it must get.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var body: String
        var status: Int
        var code: String

        var testDescription: String { name }

        init(_ name: String, _ body: String, _ status: Int = 400, _ code: String = "VALIDATION_FAILED") {
            (self.name, self.body, self.status, self.code) = (name, body, status, code)
        }
    }

    /// Stands for the path of a file in the workspace that any started command would make.
    private static let marker = "MARKER"

    private static let cases = [
        Case("empty command", #"{"command":""}"#, 400, "INVALID_COMMAND"),
        Case("blank command", #"{"command":" \t\n"}"#, 400, "INVALID_COMMAND"),
        Case("command with NUL", #"{"command":"touch MARKER\u0000"}"#),
        Case("over-long command", #"{"command":"touch MARKER; # \#(String(repeating: "x", count: 131_072))"}"#),
        Case("no command", #"{"env":{"A":"b"}}"#),
        Case("null command", #"{"command":null}"#),
        Case("command of another type", #"{"command":["touch","MARKER"]}"#),
        Case("number for command", #"{"command":1}"#),
        Case("env of another type", #"{"command":"touch MARKER","env":["A=b"]}"#),
        Case("env value of another type", #"{"command":"touch MARKER","env":{"A":1}}"#),
        Case("env name with blank", #"{"command":"touch MARKER","env":{"A B":"c"}}"#),
        Case("env name with equals sign", #"{"command":"touch MARKER","env":{"A=B":"c"}}"#),
        Case("env name beginning with digit", #"{"command":"touch MARKER","env":{"1A":"c"}}"#),
        Case("empty env name", #"{"command":"touch MARKER","env":{"":"c"}}"#),
        Case("env name with NUL", #"{"command":"touch MARKER","env":{"A\u0000":"c"}}"#),
        Case("env name beyond ASCII", #"{"command":"touch MARKER","env":{"Ä":"c"}}"#),
        Case("env value with NUL", #"{"command":"touch MARKER","env":{"A":"b\u0000c"}}"#),
        Case(
            "over-long env value",
            #"{"command":"touch MARKER","env":{"A":"\#(String(repeating: "x", count: 131_072))"}}"#
        ),
        Case("over-long env name", #"{"command":"touch MARKER","env":{"\#(String(repeating: "A", count: 300))":"x"}}"#),
        Case(
            "over-long env in all",
            #"{"command":"touch MARKER","env":{\#((0..<12).map { #""A\#($0)":"\#(String(repeating: "x", count: 100_000))""# }.joined(separator: ","))}}"#
        ),
        Case(
            "too many variables",
            #"{"command":"touch MARKER","env":{\#((0..<5000).map { #""A\#($0)":"""# }.joined(separator: ","))}}"#
        ),
        Case("missing cwd", #"{"command":"touch MARKER","cwd":"/no/such/place"}"#, 404, "FILE_NOT_FOUND"),
        Case("empty cwd", #"{"command":"touch MARKER","cwd":""}"#),
        Case("relative cwd", #"{"command":"touch MARKER","cwd":"work"}"#),
        Case("cwd that is a file", #"{"command":"touch MARKER","cwd":"/etc/passwd"}"#, 400, "NOT_DIRECTORY"),
        Case("cwd below a file", #"{"command":"touch MARKER","cwd":"/etc/passwd/x"}"#, 400, "NOT_DIRECTORY"),
        Case("cwd that may not be entered", #"{"command":"touch MARKER","cwd":"/root"}"#, 403, "PERMISSION_DENIED"),
        Case("cwd below /proc", #"{"command":"touch MARKER","cwd":"/proc/self/fd"}"#),
        Case("cwd below /proc in disguise", #"{"command":"touch MARKER","cwd":"//./proc/1/root"}"#),
        Case("cwd with dots", #"{"command":"touch MARKER","cwd":"/usr/../proc/1/root"}"#),
        Case("cwd with NUL", #"{"command":"touch MARKER","cwd":"/usr\u0000/x"}"#),
        Case("over-long cwd", #"{"command":"touch MARKER","cwd":"/\#(String(repeating: "x/", count: 2100))"}"#),
        Case("over-long name in cwd", #"{"command":"touch MARKER","cwd":"/\#(String(repeating: "x", count: 300))"}"#),
        Case("cwd through a link to /proc", #"{"command":"touch MARKER","cwd":"LINK"}"#, 403, "PERMISSION_DENIED"),
        Case("cwd through a circle of links", #"{"command":"touch MARKER","cwd":"CIRCLE"}"#),
        Case("cwd of another type", #"{"command":"touch MARKER","cwd":5}"#),
        Case("negative timeout", #"{"command":"touch MARKER","timeoutMs":-1}"#),
        Case("fraction for timeout", #"{"command":"touch MARKER","timeoutMs":1.5}"#),
        Case("text for timeout", #"{"command":"touch MARKER","timeoutMs":"5"}"#),
        Case("endless timeout", #"{"command":"touch MARKER","timeoutMs":99999999999}"#),
        Case("timeout beyond every integer", #"{"command":"touch MARKER","timeoutMs":1e300}"#),
        Case("blank session", #"{"command":"touch MARKER","sessionId":" "}"#),
        Case("session of another type", #"{"command":"touch MARKER","sessionId":{}}"#),
        Case("unknown namespace", #"{"command":"touch MARKER","namespace":"control"}"#),
        Case("credentials asked into user", #"{"command":"touch MARKER","env":{"A":"b"},"namespace":"user"}"#),
        Case("broken JSON", #"{"command":"touch MARKER""#),
        Case("JSON and more", #"{"command":"touch MARKER"} {}"#),
        Case("no JSON", "command=touch MARKER"),
        Case("empty body", ""),
        Case("a list", "[]"),
        Case("a number", "5"),
        Case("null", "null"),
        Case("deep nesting", String(repeating: "[", count: 100_000)),
        Case("control character in a string", "{\"command\":\"touch MARKER \u{0}\"}"),
    ]

    @Test(arguments: [NamespaceName?.none, .secure])
    func `each kind of bad input gets its own error and starts nothing`(_ namespace: NamespaceName?) async throws {
        try await PairFixture.with { pair in
            let marker = pair.workspace + "/started"
            _ = try await pair.api.output("ln -s /proc/1/root link; ln -s circle circle")
            for input in Self.cases {
                var body = input.body.replacing(Self.marker, with: marker)
                    .replacing("LINK", with: pair.workspace + "/link")
                    .replacing("CIRCLE", with: pair.workspace + "/circle")
                if namespace == .secure, input.name != "unknown namespace", input.name != "credentials asked into user"
                {
                    body = body.replacing("{\"command\"", with: "{\"namespace\":\"secure\",\"command\"")
                }
                if namespace == nil, !input.name.contains("session") {
                    body = body.replacing("{\"command\"", with: "{\"sessionId\":\"\(API.sessionless)\",\"command\"")
                }
                let answer = try await pair.api.post(body)
                #expect(answer.status == input.status, "\(input.name): \(answer.text.prefix(300))")
                #expect(answer.headers.first(name: "content-type") == "application/json", "\(input.name)")
                let failure = try answer.failure
                #expect(failure.code == input.code, "\(input.name): \(failure)")
                #expect(failure.httpStatus == answer.status, "\(input.name)")
                #expect(!failure.message.isEmpty && failure.timestamp.hasSuffix("Z"), "\(input.name)")
                #expect(answer.body.count < 2000, "\(input.name): the answer repeats the request")
                #expect(FileBytes.read(marker) == nil, "\(input.name)")
            }
            #expect(try await pair.client.status().processes.isEmpty)
            #expect(try await pair.api.output("echo \"still here\"", namespace: namespace) == "still here")
        }
    }

    @Test func `a body that is too large is refused before it is read`() async throws {
        try await PairFixture.with(PairOptions(settings: ["server-body-limit-bytes": "10000"])) { pair in
            let declared = try RawConnection(port: pair.apiPort)
            try declared.send("POST /api/execute HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
            #expect(declared.receiveHead().hasPrefix("HTTP/1.1 413"))

            let chunked = try RawConnection(port: pair.apiPort)
            try chunked.send("POST /api/execute HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = String(repeating: "x", count: 4096)
            for _ in 0..<4 { try? chunked.send("1000\r\n\(chunk)\r\n") }
            #expect(chunked.receiveHead().hasPrefix("HTTP/1.1 413"))

            let fits = try await pair.api.post(#"{"command":"echo \#(String(repeating: "x", count: 9000))"}"#)
            #expect(fits.status == 200)
        }
    }

    @Test func `unknown routes and methods are told apart`() async throws {
        try await PairFixture.with { pair in
            let cases: [(HTTPMethod, String, Int, String)] = [
                (.GET, "/nowhere", 404, "UNKNOWN_ERROR"), (.POST, "/api/executes", 404, "UNKNOWN_ERROR"),
                (.GET, "/api/execute/../../etc/passwd", 404, "UNKNOWN_ERROR"), (.GET, "/%00", 404, "UNKNOWN_ERROR"),
                (.GET, "/api/execute", 405, "METHOD_NOT_ALLOWED"), (.PUT, "/api/execute", 405, "METHOD_NOT_ALLOWED"),
                (.DELETE, "/health", 405, "METHOD_NOT_ALLOWED"), (.POST, "/api/ping", 405, "METHOD_NOT_ALLOWED"),
                (.PATCH, "/api/execute", 405, "METHOD_NOT_ALLOWED"),
            ]
            for (method, path, status, code) in cases {
                let answer = try await pair.api.request(method, path)
                #expect(answer.status == status, "\(method) \(path): \(answer.text)")
                #expect(try answer.failure.code == code, "\(method) \(path)")
                if status == 405 { #expect(answer.headers.contains(name: "allow"), "\(method) \(path)") }
            }
        }
    }

    @Test func `what is no HTTP is refused, and the next caller is served`() async throws {
        try await PairFixture.with { pair in
            for text in [
                "\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "BREW /api/execute HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /api/execute HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
                "GET /health HTTP/9.9\r\n\r\n",
                "GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n",
                "POST /api/execute HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
            ] {
                let connection = try RawConnection(port: pair.apiPort)
                // The server may have hung up in the middle of it.
                try? connection.send(text)
                let answer = connection.receiveAll()
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(200))")
                #expect(try await pair.api.health().serverRestarts == 0)
            }
        }
    }
}
