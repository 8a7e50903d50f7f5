import FoundationEssentials
import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Jupyter itself: out of reach in control, alive, powerless, and of use to its own clients.
@Suite(.timeLimit(.minutes(20)))
struct JupyterTests {
    @Test(arguments: [NamespaceName.user, .secure])
    func `Jupyter is invisible, unkillable, and its port is not to be had`(from namespace: NamespaceName) async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let jupyter = try #require(pair.jupyterPID)
            let listing = try await api.output("ps aux; ps -eo pid,comm,args", namespace: namespace)
            // Its path, not its directory: that is the kernels' too.
            #expect(!listing.contains("bin/sandbox-jupyter"))
            for attack in [
                "pkill jupyter", "pkill -9 -f jupyter", "pkill -9 -f sandbox-jupyter", "kill -9 \(jupyter)",
                "kill -9 -1",
            ] {
                _ = try await api.execute(attack, namespace: namespace)
            }
            let refused = try await api.execute("nc.openbsd -l \(pair.jupyterPort)", namespace: namespace)
            #expect(refused.exitCode != 0 && refused.stderr.contains("in use"), "\(refused.stderr)")
            let answer = try await api.output(
                "curl -s http://127.0.0.1:\(pair.jupyterPort)/api/kernels",
                namespace: namespace
            )
            #expect(answer.contains("PERMISSION_DENIED"))
            let look = "ls /home/control/jupyter /proc/\(jupyter)"
            #expect(try await api.execute(look, namespace: namespace).exitCode != 0)
            #expect(pair.jupyterPID == jupyter)
            #expect(try await API(port: pair.jupyterPort).request(.GET, "/api/kernels").status == 200)
        }
    }

    @Test func `kernels are seen by user code, and Jupyter has no power and no secret on show`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context()
            let pid = try await api.value("import os; os.getpid()", in: context)
            #expect(try await api.output("ps -o comm= -p \(pid ?? "0")").hasPrefix("python"))

            let jupyter = try #require(pair.jupyterPID)
            let status = ProcessFile.status(jupyter)
            #expect(status["Seccomp"] == "2" && status["NoNewPrivs"] == "1" && status["Seccomp_filters"] == "2")
            for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] { #expect(status[set] == "0000000000000000") }
            #expect(ProcessFile.userID(jupyter) == pair.ids.control)
            let token = try Self.token(pair)
            for name in ["cmdline", "environ"] { #expect(ProcessFile.bytes(jupyter, name)?.holds(token) == false) }
            #expect(!pair.helper.errors.text.contains(token))
            // Nobody else's files hold it either: root's search of all that control can write.
            let search = try await ChildProcess.run([
                "nsenter", "--target", "\(jupyter)", "--mount", "grep", "-rlsI", token, "/home", "/tmp", "/run",
            ])
            #expect(search.output.isEmpty)
            // With the token and within reach: still nothing but the kernels' API.
            #expect(try await API(port: pair.jupyterPort).request(.GET, "/api/status").status == 200)
            for path in [
                "/api/contents", "/api/terminals", "/sandbox/contexts", "/files/x", "/api/kernels/../../sandbox/run",
                "/tree",
            ] {
                #expect(try await API(port: pair.jupyterPort).request(.GET, path).status == 404, "\(path)")
            }
        }
    }

    /// The helper's file with the token, read as root.
    private static func token(_ pair: Pair) throws -> String {
        for number in DirectoryListing.names("/proc/\(pair.helper.pid)/fd") {
            guard ProcessFile.link(pair.helper.pid, "fd/\(number)")?.contains("memfd:token") == true else { continue }
            return try #require(ProcessFile.text(pair.helper.pid, "fd/\(number)"))
        }
        throw TestFailure("the helper holds no token")
    }

    @Test func `an access token keeps Jupyter's port too, as Jupyter's clients send it`() async throws {
        let file = "/var/lib/sandbox-tests/jupyter-token-\(getpid())"
        let token = Canary.make()
        try FileBytes.write(token + "\n", to: file)
        defer { unlink(file) }
        try await PairFixture.with(try .interpreter(["server-access-token-file": file])) { pair in
            let port = API(port: pair.jupyterPort)
            let shown: HTTPHeaders = ["authorization": "token \(token)"]
            while true {
                let answer = try await port.request(.GET, "/api/kernelspecs", headers: shown)
                guard answer.status == 503 else {
                    #expect(answer.status == 200 && answer.text.contains("python3"))
                    break
                }
                // As the answer says.
                try await Task.sleep(for: .seconds(1))
            }
            #expect(try await port.request(.GET, "/api/kernelspecs").status == 401)
            let wrong: HTTPHeaders = ["authorization": "token x"]
            #expect(try await port.request(.GET, "/api/kernelspecs", headers: wrong).status == 401)
            let page: HTTPHeaders = ["origin": "http://evil.example"]
            #expect(try await port.request(.GET, "/api/kernelspecs", headers: page).status == 403)
        }
    }

    /// Without an access token: the gateway's blocking client sends none with its WebSocket.
    @Test func `a notebook runs through the port with Jupyter's own programs`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            try await pair.api.untilInterpreterIsReady()
            let tests = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
            let script = tests + "/Python/notebook.py"
            let run = try await ChildProcess.run(
                [try TestPrograms.jupyter() + "/bin/python3", script, "http://127.0.0.1:\(pair.jupyterPort)"]
            )
            #expect(run.end == .exited(0), "\(run.errors)")
            let line = try #require(run.output.split(separator: "\n").last)
            let cells = try JSONDecoder().decode([[NotebookOutput]].self, from: Data(line.utf8))
            #expect(cells.count == 6)
            #expect(cells[1].contains { $0.data?.html?.contains("<table") == true })
            #expect(cells[2].contains { $0.data?.png?.hasPrefix("iVBORw0KGgo") == true })
            #expect(cells[3].contains { $0.data?.text == "42" })
            #expect(cells[4].contains { $0.text == "\(pair.ids.user) \(pair.workspace)\n" })
            #expect(cells[5].contains { $0.ename == "ZeroDivisionError" })
        }
    }

    @Test func `a server that is killed finds Jupyter and its contexts as they were`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context()
            _ = try await api.code("x = 6 * 7", in: context)
            let jupyter = try #require(pair.jupyterPID)
            kill(try #require(pair.serverPID), SIGKILL)
            // Waits in the queue of the held socket for the next server.
            #expect(try await api.value("x", in: context) == "42")
            #expect(pair.jupyterPID == jupyter)
        }
    }

    @Test func `a Jupyter that is killed comes back, and its kernels do not outlive it`() async throws {
        try await PairFixture.with(try .interpreter()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let context = try await api.context()
            let kernels = try HostProcesses.withArgument("kernel_host.py")
                .filter { ProcessFile.userID($0) == pair.ids.user }
                .map { try ProcessWatch($0) }
            #expect(!kernels.isEmpty)
            let (jupyter, server) = (try #require(pair.jupyterPID), try #require(pair.serverPID))
            let body = #"{"context_id":"\#(context)","code":"print('here', flush=True)\nwhile True: pass"}"#
            try await api.follow("/api/execute/code", body) { text in
                if text.contains("here"), !text.contains("InterpreterLost") { kill(jupyter, SIGKILL) }
                // The reader is told, and does not wait for ever.
                return text.contains("InterpreterLost")
            }
            for kernel in kernels { try await kernel.end() }
            #expect(try await api.health().status == "healthy")
            try await api.untilInterpreterIsReady()
            #expect(pair.jupyterPID != jupyter && pair.serverPID == server)
            #expect(try await api.attemptCode("1", in: context).status == 404)
            #expect(try await api.value("1 + 1") == "2")
        }
    }
}

/// What a notebook keeps of a cell's output.
private struct NotebookOutput: Decodable {
    struct Forms: Decodable {
        var text: String?
        var html: String?
        var png: String?

        private enum CodingKeys: String, CodingKey {
            case text = "text/plain"
            case html = "text/html"
            case png = "image/png"
        }
    }

    var data: Forms?
    var text: String?
    var ename: String?
}
