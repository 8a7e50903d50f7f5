import FoundationEssentials
import Glibc
import HelperProtocol
import NIOHTTP1
import SandboxAPI
import SandboxTestSupport
import Testing

/// Code kernels in mode `users`, where neither a namespace nor a mount stands between them and Jupyter.
@Suite(.timeLimit(.minutes(20)))
struct InterpreterUsersTests {
    /// A pair with Jupyter and a container engine's default rights.
    private static func options(accepted: Bool = true, _ more: [String: String] = [:]) throws -> PairOptions {
        var settings = ["jupyter": try TestPrograms.jupyter() + "/bin/sandbox-jupyter"]
        if accepted { settings["accept-unprotected-credentials"] = "users" }
        return try .engineDefaults(settings: settings.merging(more) { $1 })
    }

    @Test func `every language runs there, with its tables and pictures`() async throws {
        try await PairFixture.with(try Self.options()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let health = try await api.health()
            #expect(health.mode == "users" && health.interpreter == "ready")
            let context = try await api.context()
            _ = try await api.code("x = 1", in: context)
            let place = "import os; (x, os.getuid(), os.getcwd())"
            #expect(try await api.value(place, in: context) == "(1, \(pair.ids.user), '\(pair.workspace)')")
            let table = try await api.code("import pandas; pandas.DataFrame({'a': [1]})", in: context)
            #expect(table.first?.html?.contains("<table") == true)
            let figure = "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()"
            let picture = try await api.code(figure, in: context).first { $0.png != nil }
            #expect(picture?.png?.hasPrefix("iVBORw0KGgo") == true)
            #expect(try await api.value("echo $((6 * 7))", language: "bash") == "42\n")
            #expect(try await api.value("40 + 2", language: "javascript") == "42")
            #expect(try await api.value("const n: number = 42; n", language: "typescript") == "42")
            #expect(try await api.output("ss -Hltnp | grep 'users:' || true").isEmpty)
        }
    }

    /// What a process reaches of Jupyter: its files, its sockets, its memory, its life.
    private static func attack(_ jupyter: Int32, _ directory: String) -> String {
        """
        import os, socket
        found = []
        def attempt(name, action):
            try: action(); found.append(name)
            except OSError: pass
        for part in ('environ', 'mem', 'maps', 'fd', 'fdinfo', 'cwd', 'map_files'):
            path = f'/proc/\(jupyter)/{part}'
            attempt(part, lambda: os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(1))
        attempt('directory', lambda: os.listdir('\(directory)'))
        attempt('replace', lambda: os.rename('\(directory)', '\(directory)-away'))
        for name in ('server.sock', 'payload.sock'):
            for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
                attempt(name, lambda: socket.socket(socket.AF_UNIX, kind).connect('\(directory)/' + name))
        for number in (0, 15, 19, 9):
            attempt(f'signal {number}', lambda: os.kill(\(jupyter), number))
        print(sorted(set(found)))
        """
    }

    @Test func `no kernel reaches Jupyter, its socket or its token`() async throws {
        try await PairFixture.with(try Self.options()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let jupyter = try #require(pair.jupyterPID)
            let directory = try #require(Self.directory(pair))
            let attack = Self.attack(jupyter, directory)
            #expect(try await api.value(attack) == "[]\n")
            let secret = try await api.code(attack, variables: ["KEY": "value"])
            #expect(secret.compactMap(\.text) == ["[]\n"])
            for namespace in [NamespaceName.user, .secure] {
                _ = try await api.execute("pkill -9 jupyter", namespace: namespace)
            }
            #expect(pair.jupyterPID == jupyter)
            #expect(try await api.value("1 + 1") == "2")

            // The same attack finds what is there where the uid is Jupyter's: all but what is closed to everybody.
            let control = "\(pair.ids.control)"
            let own = try await ChildProcess.run([
                "setpriv", "--reuid", control, "--regid", control, "--clear-groups", "/usr/bin/python3", "-c",
                attack.replacing("os.rename", with: "(lambda *_: None)").replacing("(0, 15, 19, 9)", with: "(0,)"),
            ])
            for name in ["directory", "server.sock", "signal 0"] { #expect(own.output.contains("'\(name)'"), "\(own)") }
        }
    }

    /// Jupyter's directory, as root finds it.
    private static func directory(_ pair: Pair) -> String? {
        DirectoryListing.names("/tmp").filter { $0.hasPrefix("sandbox-jupyter-") }.map { "/tmp/" + $0 }
            .first { owner($0) == pair.ids.control }
    }

    private static func owner(_ path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_uid : nil
    }

    @Test func `variables of code are refused until the operator accepts them by name`() async throws {
        try await PairFixture.with(try Self.options(accepted: false)) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let variables = #""env_vars":{"TOKEN":"s3cr3t"}"#
            let created = try await api.post("/api/contexts", json: "{\(variables)}")
            let run = try await api.post("/api/execute/code", json: #"{"code":"1",\#(variables)}"#)
            for answer in [created, run] {
                #expect(answer.status == 500)
                let failure = try answer.failure
                #expect(failure.code == "ISOLATION_UNAVAILABLE")
                #expect(failure.suggestion?.contains("--accept-unprotected-credentials users") == true)
                #expect(!answer.text.contains("s3cr3t"))
            }
            #expect(try run.decoded(CodeErrorBody.self).error.isEmpty == false)
            // Refused before Jupyter is asked.
            #expect(!pair.helper.errors.text.contains("Traceback"))
            #expect(try await api.value("'plain'") == "'plain'")
        }
    }

    @Test func `a context with variables that are accepted is a cell of its own`() async throws {
        try await PairFixture.with(try Self.options()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let canary = Canary.make()
            let body = #"{"env_vars":{"API_KEY":"\#(canary)"}}"#
            let created = try await api.post("/api/contexts", json: body).decoded(ContextCreateResponse.self)
            #expect(created.isolation == "users")
            let plain = try await api.post("/api/contexts", json: "{}").decoded(ContextCreateResponse.self)
            #expect(plain.isolation == nil)
            #expect(pair.helper.errors.text.contains("variables=API_KEY"))
            let place = "import os; open(os.environ['HOME'] + '/f', 'w').close(); (os.getuid(), os.environ['HOME'])"
            let seen = try #require(try await api.value(place, in: created.contextId))
            let kernel = try #require(HostProcesses.withVariable(canary).last)
            let cell = try #require(ProcessFile.userID(kernel))
            #expect(pair.hello.cellUIDs?.contains(cell) == true && seen.hasPrefix("(\(cell), "))
            let home = try #require(seen.split(separator: "'").dropFirst().first)

            // Nobody else reads it, another cell and its kernels included; only ps shows that there is a process.
            let search = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -ac '^API_KEY=' || true"
            #expect(try await api.output(search) == "0")
            #expect(try await api.output(search, namespace: .secure) == "0")
            let reach = """
                import os
                def attempt(action):
                    try: action(); return True
                    except OSError: return False
                ways = (
                    lambda: os.kill(\(kernel), 9), lambda: open('/proc/\(kernel)/mem'), lambda: os.listdir('\(home)'),
                    lambda: os.listdir('/proc/\(kernel)/fd'),
                )
                any(map(attempt, ways))
                """
            #expect(try await api.value(reach) == "False")
            #expect(try await api.value("os.getuid()", in: created.contextId) == "\(cell)")

            let watch = try ProcessWatch(kernel)
            #expect(try await api.request(.DELETE, "/api/contexts/\(created.contextId)").status == 200)
            try await watch.end()
            #expect(HostProcesses.withVariable(canary).isEmpty && access(String(home), F_OK) != 0)
            #expect(!pair.helper.errors.text.contains(canary))
        }
    }

    @Test func `a Jupyter without a writable place says so once, and commands run without it`() async throws {
        var options = try Self.options()
        let script = "mount -t tmpfs -o ro none /tmp && exec \"$@\""
        options.wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"] + options.wrapper
        try await PairFixture.with(options) { pair in
            let isSaid = try await pair.helper.errors.wait(for: "cannot run here and is not started again")
            #expect(isSaid)
            #expect(pair.helper.errors.text.contains("a writable /tmp is needed"))
            #expect(!pair.helper.errors.text.contains("Traceback"))
            #expect(try await pair.api.output("id -u") == "\(pair.ids.user)")
        }
    }

    @Test func `a Jupyter that is killed comes back to its own directory, and nothing is left of it`() async throws {
        let ids = try await PairFixture.with(try Self.options()) { pair in
            let api = pair.api
            try await api.untilInterpreterIsReady()
            let directory = Self.directory(pair)
            let kernels = try HostProcesses.withArgument("kernel_host.py")
                .filter { ProcessFile.userID($0) == pair.ids.user }
                .map { try ProcessWatch($0) }
            let jupyter = try #require(pair.jupyterPID)
            let watch = try ProcessWatch(jupyter)
            kill(jupyter, SIGKILL)
            try await watch.end()
            for kernel in kernels { try await kernel.end() }
            try await api.untilInterpreterIsReady()
            #expect(try await api.value("1 + 1") == "2")
            #expect(pair.jupyterPID != jupyter && Self.directory(pair) == directory)
            return pair.ids
        }
        let left = DirectoryListing.names("/tmp").filter { Self.owner("/tmp/" + $0) == ids.control }
        #expect(left.isEmpty, "\(left)")
    }
}
