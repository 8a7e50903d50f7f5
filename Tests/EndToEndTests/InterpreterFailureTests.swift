import FoundationEssentials
import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// What code does to its own kernel, and what callers ask for that cannot be had.
@Suite(.timeLimit(.minutes(20)))
struct InterpreterFailureTests {
    @Test func `a time limit interrupts, and ends a kernel that does not listen`() async throws {
        try await PairFixture.with(try .interpreter(["server-grace-ms": "4000"])) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context()
            _ = try await api.code("x = 1", in: context)
            let endless = try await api.code("while True: pass", in: context, timeoutMs: 300)
            #expect(endless.last?.ename == "TimeoutError")
            #expect(try await api.value("x", in: context) == "1")

            let deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
            #expect(try await api.code(deaf, in: context, timeoutMs: 300).last?.ename == "TimeoutError")
            // A fresh kernel under the same id.
            #expect(try await api.value("'x' in globals()", in: context) == "False")
        }
    }

    @Test func `code has half the grace time to itself after the interrupt`() async throws {
        try await PairFixture.with(try .interpreter(["server-grace-ms": "20000"])) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context()
            let tidy = """
                import time
                try:
                  time.sleep(100)
                except KeyboardInterrupt:
                  time.sleep(2)
                  print('tidy')
                """
            let events = try await api.code(tidy, in: context, timeoutMs: 300)
            #expect(events.compactMap(\.text).joined() == "tidy\n" && events.last?.ename == "TimeoutError", "\(events)")
        }
    }

    @Test func `a caller that leaves interrupts its code`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context()
            let body = #"{"context_id":"\#(context)","code":"print('here', flush=True)\nwhile True: pass"}"#
            try await api.follow("/api/execute/code", body) { $0.contains("here") }
            #expect(try await api.value("'free'", in: context) == "'free'")
        }
    }

    @Test(arguments: [
        "import os; os.kill(os.getpid(), 9)", "import os; os._exit(3)", "import os; os.closerange(0, 4096); os.abort()",
        "import ctypes; ctypes.string_at(0)",
    ])
    func `a kernel that ends takes nothing else with it and comes back on request`(_ code: String) async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let (victim, witness) = (try await api.context(), try await api.context())
            _ = try await api.code("x = 1", in: witness)
            let jupyter = try #require(pair.jupyterPID)
            let last = try #require(try await api.code(code, in: victim, timeoutMs: 20_000).last)
            #expect(last.type == "error" && last.ename == "KernelDied")
            #expect(try await api.value("'again'", in: victim) == "'again'")
            #expect(try await api.value("x", in: witness) == "1")
            #expect(pair.jupyterPID == jupyter)
        }
    }

    @Test func `what hostile code sends and does is its own kernel's trouble`() async throws {
        try await PairFixture.with(try .interpreter(["server-output-limit-bytes": "100000"])) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let witness = try await api.context()
            _ = try await api.code("x = 1", in: witness)
            let (jupyter, server) = (try #require(pair.jupyterPID), try #require(pair.serverPID))
            for code in [
                // Prints for ever.
                "while True: print('y' * 1000)",
                // Forks; the children live on.
                "import os, time\nfor _ in range(20):\n  if os.fork() == 0: time.sleep(1000)",
                // The parent and everybody else it can name.
                "import os\ntry: os.kill(os.getppid(), 9)\nexcept Exception: pass\nos.kill(1, 9)",
                // Forged messages, with the right key and with none, nested deeper than anybody reads.
                """
                from ipykernel.kernelapp import IPKernelApp
                a = IPKernelApp.instance()
                s = a.kernel.iopub_socket
                parent = a.kernel.get_parent()
                for content in ({'execution_state': 3}, {'name': [], 'text': {}}, {}):
                    for kind in ('stream', 'error', 'status', 'execute_result', 'display_data'):
                        a.session.send(s, kind, content, parent)
                s.send_multipart([b'x', b'<IDS|MSG>', b'', b'{}', b'{}', b'{}', b'[' * 100000])
                s.send_multipart([b'\\xff' * 1000])
                """,
            ] {
                let context = try await api.context()
                let events = try await api.code(code, in: context, timeoutMs: 2000)
                #expect(try await api.request(.DELETE, "/api/contexts/\(context)").status == 200)
                let written = events.filter { $0.type == "stdout" }.compactMap(\.text).joined()
                #expect(["error", "execution_complete"].contains(events.last?.type), "\(code)")
                #expect(written.utf8.count <= 100_000, "\(code)")
            }
            #expect(try await api.value("x", in: witness) == "1")
            #expect(pair.jupyterPID == jupyter && pair.serverPID == server)
            #expect(try await api.health().status == "healthy")
        }
    }

    @Test func `no kernel can reach the sockets of another`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            _ = try await api.context()
            let names = """
                import socket
                paths = [l.split()[-1] for l in open('/proc/net/unix') if '/kernels/' in l or 'server.sock' in l]
                found = []
                for path in sorted(set(paths)):
                    s = socket.socket(socket.AF_UNIX)
                    try: s.connect(path); found.append(path)
                    except OSError: pass
                len(paths) > 5, found
                """
            #expect(try await api.value(names) == "(True, [])")
        }
    }

    @Test func `wrong requests get the documented errors, in both shapes`() async throws {
        try await PairFixture.with(try .interpreter(["server-max-contexts": "1", "server-kernel-pool": "python=0"])) {
            pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            func refuse(_ body: String, _ status: Int, _ code: String) async throws {
                let answer = try await api.post("/api/execute/code", json: body)
                #expect(answer.status == status, "\(body.prefix(100))")
                let shape = try answer.decoded(CodeErrorBody.self)
                #expect(shape.body.code == code && shape.error == shape.body.message && !shape.error.isEmpty)
            }
            let unknown = "00000000-0000-4000-8000-000000000000"
            try await refuse(#"{"context_id":"\#(unknown)","code":"1"}"#, 404, "CONTEXT_NOT_FOUND")
            try await refuse(#"{"context_id":"../../api/kernels","code":"1"}"#, 404, "CONTEXT_NOT_FOUND")
            try await refuse(#"{"context_id":"\#(unknown)"}"#, 400, "VALIDATION_FAILED")
            try await refuse(#"{"code":"1","language":"cobol"}"#, 400, "VALIDATION_FAILED")
            try await refuse(#"{"code":"1","timeout_ms":-1}"#, 400, "VALIDATION_FAILED")
            try await refuse(#"{"code":"1","cwd":"relative"}"#, 400, "VALIDATION_FAILED")
            try await refuse(#"{"code":"1","cwd":"/nowhere"}"#, 404, "FILE_NOT_FOUND")
            try await refuse(#"{"code":"1","env_vars":{"a b":"x"}}"#, 400, "VALIDATION_FAILED")
            try await refuse("\u{0}\u{1}\u{FFFD}", 400, "VALIDATION_FAILED")
            // Refused before it is sent.
            let long = try RawConnection(port: pair.apiPort)
            try long.send("POST /api/execute/code HTTP/1.1\r\nHost: a\r\nContent-Length: \(50 << 20)\r\n\r\n")
            #expect(long.receiveHead().hasPrefix("HTTP/1.1 413"))

            let context = try await api.context()
            try await refuse(#"{"context_id":"\#(context)","language":"bash","code":"1"}"#, 400, "VALIDATION_FAILED")
            try await refuse(#"{"context_id":"\#(context)","cwd":"/tmp","code":"1"}"#, 400, "VALIDATION_FAILED")
            #expect(try await api.post("/api/contexts", json: "{}").status == 409)
            #expect(try await api.code("1", in: context, language: "python").last?.type == "execution_complete")
            // Binary junk is code like any other: it fails by itself.
            #expect(try await api.code("\u{0}\u{1}\u{7F}", in: context).last?.type == "error")
        }
    }

    @Test func `a kernel for which there is no room is refused as a command is`() async throws {
        try await PairFixture.with(try .interpreter(["cell-slots": "1"])) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context(variables: ["KEY": "value"])
            let body = #"{"code":"1","env_vars":{"KEY":"value"}}"#
            for (path, code) in [("/api/contexts", "{\"env_vars\":{\"KEY\":\"value\"}}"), ("/api/execute/code", body)] {
                let answer = try await api.post(path, json: code)
                #expect(answer.status == 503 && answer.headers.first(name: "retry-after") != nil, "\(answer.text)")
                #expect(try answer.failure.code == "CONTAINER_UNAVAILABLE")
            }
            #expect(try await api.request(.DELETE, "/api/contexts/\(context)").status == 200)
            #expect(try await api.post("/api/execute/code", json: body).status == 200)
            // What a caller is told needs no trace of calls in the log.
            #expect(!pair.helper.errors.text.contains("Traceback"))
        }
    }

    @Test func `an image without an interpreter says so`() async throws {
        try await PairFixture.with { pair in
            let answer = try await pair.api.attemptCode("1")
            #expect(answer.status == 501)
            #expect(try answer.failure.suggestion?.contains("jupyter") == true)
            #expect(try await pair.api.health().interpreter == "off")
            #expect(try await pair.api.request(.GET, "/api/interpreter/health").text.contains("unhealthy"))
        }
    }
}
